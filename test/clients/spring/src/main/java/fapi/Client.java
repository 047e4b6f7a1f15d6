package fapi;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import java.net.http.HttpClient;
import java.security.KeyStore;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.converter.FormHttpMessageConverter;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.endpoint.NimbusJwtClientAuthenticationParametersConverter;
import org.springframework.security.oauth2.client.endpoint.OAuth2AuthorizationCodeGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientAuthorizationCodeTokenResponseClient;
import org.springframework.security.oauth2.client.http.OAuth2ErrorResponseErrorHandler;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenDecoderFactory;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserService;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.userinfo.DefaultOAuth2UserService;
import org.springframework.security.oauth2.core.http.converter.OAuth2AccessTokenResponseHttpMessageConverter;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtDecoderFactory;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;

/** A client that pushes its requests, with private_key_jwt, and tokens bound to its certificate. */
@Configuration
@Profile("client")
class Client {
  /** Shows the client's certificate wherever it is asked for one. */
  @Bean
  ClientHttpRequestFactory connections(SslBundles bundles) {
    var http = HttpClient.newBuilder().sslContext(bundles.getBundle("client").createSslContext()).build();
    return new JdkClientHttpRequestFactory(http);
  }

  @Bean
  RestClient fapi(ClientHttpRequestFactory connections) {
    return RestClient.builder()
        .requestFactory(connections)
        .configureMessageConverters(
            converters ->
                converters
                    .registerDefaults()
                    .addCustomConverter(new FormHttpMessageConverter())
                    .addCustomConverter(new OAuth2AccessTokenResponseHttpMessageConverter()))
        .defaultStatusHandler(new OAuth2ErrorResponseErrorHandler())
        .build();
  }

  /** Signs with the key of the certificate. The audience is the issuer; Spring's own is the token endpoint. */
  @Bean
  NimbusJwtClientAuthenticationParametersConverter<OAuth2AuthorizationCodeGrantRequest> assertions(
      SslBundles bundles, @Value("${fapi.kid:sample}") String kid) throws Exception {
    KeyStore store = bundles.getBundle("client").getStores().getKeyStore();
    String alias = store.aliases().nextElement();
    JWK signing =
        new ECKey.Builder(Curve.P_256, (ECPublicKey) store.getCertificate(alias).getPublicKey())
            .privateKey((ECPrivateKey) store.getKey(alias, new char[0]))
            .keyID(kid)
            .build();
    var converter = new NimbusJwtClientAuthenticationParametersConverter<OAuth2AuthorizationCodeGrantRequest>(
        registration -> signing);
    converter.setJwtClientAssertionCustomizer(
        context -> {
          var registration = context.getAuthorizationGrantRequest().getClientRegistration();
          context.getHeaders().algorithm(SignatureAlgorithm.ES256);
          context.getClaims().audience(List.of(registration.getProviderDetails().getIssuerUri()));
        });
    return converter;
  }

  /** Userinfo is asked with the access token, and so with the certificate it is bound to. */
  @Bean
  OidcUserService people(ClientHttpRequestFactory connections) {
    var userinfo = new DefaultOAuth2UserService();
    userinfo.setRestOperations(new RestTemplate(connections));
    var people = new OidcUserService();
    people.setOauth2UserService(userinfo);
    return people;
  }

  @Bean
  SecurityFilterChain login(
      HttpSecurity http,
      RestClient fapi,
      OidcUserService people,
      ClientRegistrationRepository registrations,
      NimbusJwtClientAuthenticationParametersConverter<OAuth2AuthorizationCodeGrantRequest> assertions)
      throws Exception {
    var tokens = new RestClientAuthorizationCodeTokenResponseClient();
    tokens.setRestClient(fapi);
    tokens.addParametersConverter(assertions);
    return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
        .oauth2Login(
            login ->
                login
                    .authorizationEndpoint(
                        endpoint ->
                            endpoint.authorizationRequestResolver(
                                new PushedRequests(registrations, fapi, assertions)))
                    .redirectionEndpoint(endpoint -> endpoint.baseUri("/callback"))
                    .tokenEndpoint(endpoint -> endpoint.accessTokenResponseClient(tokens))
                    .userInfoEndpoint(endpoint -> endpoint.oidcUserService(people)))
        .build();
  }

  /** RS256 is Spring's own default. */
  @Bean
  JwtDecoderFactory<ClientRegistration> idTokens() {
    var factory = new OidcIdTokenDecoderFactory();
    factory.setJwsAlgorithmResolver(registration -> SignatureAlgorithm.ES256);
    return factory;
  }

  @RestController
  @Profile("client")
  static class Page {
    private final RestClient fapi;
    private final String resource;

    Page(RestClient fapi, @Value("${fapi.resource}") String resource) {
      this.fapi = fapi;
      this.resource = resource;
    }

    @GetMapping("/")
    String page(@RegisteredOAuth2AuthorizedClient("fapi") OAuth2AuthorizedClient client) {
      return fapi.get()
          .uri(resource)
          .headers(headers -> headers.setBearerAuth(client.getAccessToken().getTokenValue()))
          .retrieve()
          .body(String.class);
    }
  }
}
