/** Modules of the OpenID Foundation's relying-party plans for which there is nothing to try, and why. */
export const notApplicable: ReadonlyArray<readonly [module: string, why: string]> = [
  [
    'oidcc-client-test-invalid-chash',
    'c_hash belongs to the hybrid flow; the library asks for response_type=code alone',
  ],
  ['oidcc-client-test-missing-chash', 'c_hash belongs to the hybrid flow'],
  [
    'oidcc-client-test-missing-athash',
    'at_hash is demanded in the implicit and hybrid flows; in the code flow it may be missing',
  ],
  [
    'oidcc-client-test-userinfo-bearer-body',
    'xAI has a GET endpoint; the header is the way that every server must take (RFC 6750 §2.1)',
  ],
  ['oidcc-client-test-request-uri-signed-none', 'xAI has not been seen to take request objects'],
  ['oidcc-client-test-request-uri-signed-rs256', 'xAI has not been seen to take request objects'],
  ['oidcc-client-test-mtls-endpoint-aliases', 'xAI offers no client authentication by certificate'],
  [
    'oidcc-client-test-3rd-party-init-login',
    'initiate_login_uri is a route of the application, and xAI has not been seen to call one',
  ],
  ['oidcc-client-test-session-management', 'xAI shows no end_session_endpoint and no check_session_iframe'],
  ['oidcc-client-test-rp-init-logout', 'xAI shows no end_session_endpoint'],
  ['oidcc-client-test-rp-init-logout-no-state', 'xAI shows no end_session_endpoint'],
  ['oidcc-client-test-rp-init-logout-other-state', 'xAI shows no end_session_endpoint'],
  ['oidcc-client-test-rp-frontchannel-opinitlogout', 'xAI shows no front-channel log-out'],
  ['oidcc-client-test-rp-frontchannel-rpinitlogout', 'xAI shows no front-channel log-out'],
  ['oidcc-client-test-rp-backchannel-rpinitlogout', 'xAI shows no back-channel log-out'],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-alg-none', 'xAI shows no back-channel log-out'],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-no-event', 'xAI shows no back-channel log-out'],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce', 'xAI shows no back-channel log-out'],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg', 'xAI shows no back-channel log-out'],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud', 'xAI shows no back-channel log-out'],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event', 'xAI shows no back-channel log-out'],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss', 'xAI shows no back-channel log-out'],
  [
    'fapi1-advanced-final-client-test-iat-is-week-in-past',
    'a rule of FAPI; OpenID Connect leaves old iat to exp, which is checked',
  ],
  [
    'fapi2-security-profile-final-client-test-ensure-jarm-*',
    'signed authorization responses (JARM) are not asked for, and xAI has not been seen to offer them',
  ],
  [
    'RFC 9700 §4.9, §4.10 (leakage at, and misuse by, a resource server)',
    'a matter of resource servers and of sender-constrained tokens, which xAI has not been seen to offer',
  ],
  [
    'RFC 9700 §4.13 (TLS-terminating reverse proxies)',
    'the library trusts no forwarded header; what a proxy lets through is up to the application',
  ],
  [
    'RFC 9700 §4.15, §4.16, §4.17 (client as resource owner, clickjacking, in-browser communication)',
    'matters of the authorization server and of pages',
  ],
]
