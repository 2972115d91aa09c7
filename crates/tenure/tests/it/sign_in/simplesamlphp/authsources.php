<?php
$strict = [
    'saml:SP',
    'idp' => '@BASE@/saml2/metadata',
    'privatekey' => 'sp.key',
    'certificate' => 'sp.crt',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'sign.authnrequest' => true,
    'sign.logout' => true,
    'validate.logout' => true,
    'redirect.sign' => true,
    'redirect.validate' => true,
    'WantAssertionsSigned' => true,
    'assertion.encryption' => true,
    'NameIDPolicy' => ['Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient', 'AllowCreate' => true],
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
    'AuthnContextClassRef' => 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
    'AuthnContextComparison' => 'exact',
    'acs.Bindings' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'],
    'SingleLogoutServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'],
];
// The second is sent assertions in the clear, as its document says, and takes none.
$config = [
    'default-sp' => ['entityID' => 'http://127.0.0.1:@PORT@/simplesamlphp'] + $strict,
    'clear-sp' => ['entityID' => 'http://127.0.0.1:@PORT@/clear'] + $strict,
];
