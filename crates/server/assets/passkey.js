// Passkeys need a script: the browser is asked for one, and its answer is sent as a form.
"use strict";
(() => {
  const form = document.getElementById("passkey");
  if (!form || !window.PublicKeyCredential) return;
  form.hidden = false;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const asked = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: named(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: named(options.allowCredentials) }),
  });
  // What PublicKeyCredential.toJSON gives, for browsers that do not have it.
  const told = (credential) => {
    if (credential.toJSON) return credential.toJSON();
    const answer = credential.response;
    const response = { clientDataJSON: text(answer.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (answer[name]) response[name] = text(answer[name]);
    }
    if (answer.getTransports) response.transports = answer.getTransports();
    return {
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      authenticatorAttachment: credential.authenticatorAttachment || undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  };
  const options = asked(JSON.parse(form.dataset.options));
  const makes = form.dataset.ceremony === "create";
  let waiting = new AbortController();
  const ask = async (mediation) => {
    waiting.abort();
    waiting = new AbortController();
    const request = { publicKey: options, signal: waiting.signal, ...(mediation && { mediation }) };
    const credential = await (makes ? navigator.credentials.create(request) : navigator.credentials.get(request));
    form.elements.response.value = JSON.stringify(told(credential));
    form.submit();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask().catch(() => { form.querySelector(".wrong").hidden = false; });
  });
  // The name field offers passkeys by itself where the browser can.
  const can = PublicKeyCredential.isConditionalMediationAvailable;
  if (!makes && document.getElementById("name") && can) {
    can.call(PublicKeyCredential).then((yes) => yes && ask("conditional").catch(() => {}));
  }
})();
