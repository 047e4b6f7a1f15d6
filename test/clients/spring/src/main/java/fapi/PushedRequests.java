package fapi;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.springframework.core.convert.converter.Converter;
import org.springframework.security.oauth2.client.endpoint.OAuth2AuthorizationCodeGrantRequest;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationExchange;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationResponse;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.client.RestClient;
import org.springframework.web.util.UriComponentsBuilder;

/** Pushes what Spring would send through the browser, and sends client_id and request_uri in its place (RFC 9126). */
class PushedRequests implements OAuth2AuthorizationRequestResolver {
  private final DefaultOAuth2AuthorizationRequestResolver whole;
  private final ClientRegistrationRepository registrations;
  private final RestClient fapi;
  private final Converter<OAuth2AuthorizationCodeGrantRequest, MultiValueMap<String, String>> assertions;

  PushedRequests(
      ClientRegistrationRepository registrations,
      RestClient fapi,
      Converter<OAuth2AuthorizationCodeGrantRequest, MultiValueMap<String, String>> assertions) {
    this.whole = new DefaultOAuth2AuthorizationRequestResolver(registrations, "/oauth2/authorization");
    this.whole.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
    this.registrations = registrations;
    this.fapi = fapi;
    this.assertions = assertions;
  }

  @Override
  public OAuth2AuthorizationRequest resolve(HttpServletRequest request) {
    return pushed(whole.resolve(request));
  }

  @Override
  public OAuth2AuthorizationRequest resolve(HttpServletRequest request, String registrationId) {
    return pushed(whole.resolve(request, registrationId));
  }

  private OAuth2AuthorizationRequest pushed(OAuth2AuthorizationRequest request) {
    if (request == null) return null;
    String id = request.getAttribute("registration_id");
    ClientRegistration registration = registrations.findByRegistrationId(id);
    MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
    UriComponentsBuilder.fromUriString(request.getAuthorizationRequestUri())
        .build()
        .getQueryParams()
        .forEach((name, values) -> form.add(name, decoded(values.get(0))));
    MultiValueMap<String, String> assertion = assertions.convert(grantOf(registration, request));
    if (assertion != null) form.addAll(assertion);
    Map<?, ?> answer = fapi.post().uri(endpoint(registration)).body(form).retrieve().body(Map.class);
    String address =
        UriComponentsBuilder.fromUriString(registration.getProviderDetails().getAuthorizationUri())
            .queryParam("client_id", registration.getClientId())
            .queryParam("request_uri", answer.get("request_uri"))
            .encode()
            .toUriString();
    return OAuth2AuthorizationRequest.from(request).authorizationRequestUri(address).build();
  }

  private static String decoded(String value) {
    return java.net.URLDecoder.decode(value, java.nio.charset.StandardCharsets.UTF_8);
  }

  /** The endpoint that takes the certificate, where the provider has one. */
  private static String endpoint(ClientRegistration registration) {
    Map<String, Object> metadata = registration.getProviderDetails().getConfigurationMetadata();
    String name = "pushed_authorization_request_endpoint";
    Object alias = metadata.get("mtls_endpoint_aliases") instanceof Map<?, ?> aliases ? aliases.get(name) : null;
    return String.valueOf(alias == null ? metadata.get(name) : alias);
  }

  /** Spring makes assertions for grants alone: this one has a code that is sent nowhere. */
  private static OAuth2AuthorizationCodeGrantRequest grantOf(
      ClientRegistration registration, OAuth2AuthorizationRequest request) {
    var response = OAuth2AuthorizationResponse.success("none").redirectUri(request.getRedirectUri()).build();
    return new OAuth2AuthorizationCodeGrantRequest(registration, new OAuth2AuthorizationExchange(request, response));
  }
}
