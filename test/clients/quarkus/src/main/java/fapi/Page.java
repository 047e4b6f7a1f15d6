package fapi;

import io.quarkus.oidc.AccessTokenCredential;
import io.quarkus.oidc.IdToken;
import io.quarkus.security.Authenticated;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.jwt.JsonWebToken;

/** A page for who is signed in; all that makes the application a client is its configuration. */
@Path("/")
@Authenticated
public class Page {
  @Inject @IdToken JsonWebToken idToken;
  @Inject AccessTokenCredential accessToken;

  @GET
  @Produces(MediaType.TEXT_HTML)
  public String page() {
    return "signed in as " + idToken.getSubject() + ", access token of " + accessToken.getToken().length() + " characters";
  }
}
