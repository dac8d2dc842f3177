/*
 * The pages of signing in, and of Web Forms. Every text goes in by textContent; the only host asked is this one.
 */

const { target, csrf_token: csrfToken } = document.body.dataset;

/** Calls a method; answers status and body, status 0 where the server can't be reached. */
async function call(method, args) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  if (csrfToken) headers["X-Frappe-CSRF-Token"] = csrfToken;
  try {
    const answer = await fetch(`/api/method/${method}`, {
      method: "POST", credentials: "same-origin", headers, body: JSON.stringify(args),
    });
    const body = await answer.json().catch(() => ({}));
    return { status: answer.status, body };
  } catch {
    return { status: 0, body: {} };
  }
}

/** What an answer says, as plain text. */
function words({ status, body }) {
  if (status === 0) return "The server can't be reached.";
  try {
    const parser = new DOMParser();
    const texts = JSON.parse(body._server_messages).map((one) =>
      parser.parseFromString(JSON.parse(one).message ?? "", "text/html").body.textContent);
    if (texts.length) return texts.join(" ");
  } catch {
    // Not every answer has messages.
  }
  return typeof body.message === "string" ? body.message : `That did not work (status ${status}).`;
}

/** Has a form handled by `send`, which answers what to say, or nothing where the page is left. */
function handle(selector, send) {
  const form = document.querySelector(selector);
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector(".said");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    said.textContent = "";
    const { text, bad } = (await send(Object.fromEntries(new FormData(form)), form)) ?? {};
    said.textContent = text ?? "";
    said.classList.toggle("bad", Boolean(bad));
    button.disabled = false;
  });
  return form;
}

/** Goes on to a path of this site. */
function go(path) {
  location.replace(`/${String(path).replace(/^[/\\]+/, "")}`);
}

/** Goes on after a login, or says why there is none. */
function entered(answer) {
  if (answer.status !== 200) return { text: words(answer), bad: true };
  const { verification, tmp_id: id } = answer.body;
  if (verification) {
    second.dataset.id = id;
    second.querySelector(".prompt").textContent = verification.prompt ?? "Enter the code your app shows.";
    swap(second, signIn);
    return undefined;
  }
  // A password that is too old is replaced first.
  go(answer.body.redirect_to ?? target ?? answer.body.home_page ?? "");
  return undefined;
}

const signIn = handle("#sign-in", async ({ usr, pwd }) => entered(await call("login", { usr, pwd })));

const second = handle("#second", async ({ otp }, form) =>
  entered(await call("login", { tmp_id: form.dataset.id, otp })));

const askReset = handle("#ask-reset", async ({ user }) => {
  const answer = await call("frappe.core.doctype.user.user.reset_password", { user });
  return { text: words(answer), bad: answer.status !== 200 };
});

const askLink = handle("#ask-link", async ({ email }) => {
  const answer = await call("frappe.www.login.send_login_link", { email });
  if (answer.status !== 200) return { text: words(answer), bad: true };
  return { text: "If there is an account with this address, a link is on its way to it." };
});

const swap = (show, hide) => {
  show.hidden = false;
  hide.hidden = true;
  show.querySelector("input").focus();
};
document.querySelector("#forgot")?.addEventListener("click", () => swap(askReset, signIn));
document.querySelector("#back")?.addEventListener("click", () => swap(signIn, askReset));
document.querySelector("#by-link")?.addEventListener("click", () => swap(askLink, signIn));
document.querySelector("#back-from-link")?.addEventListener("click", () => swap(signIn, askLink));

const setPassword = handle("#set-password", async (fields, form) => {
  if (fields.new_password !== fields.again) return { text: "The two passwords differ.", bad: true };
  const answer = await call("frappe.core.doctype.user.user.update_password", {
    new_password: fields.new_password,
    old_password: fields.old_password,
    key: form.dataset.key,
    logout_all_sessions: fields.logout_all_sessions ? 1 : 0,
  });
  if (answer.status !== 200) return { text: words(answer), bad: true };
  go(answer.body.message ?? "");
  return undefined;
});
// The key is a secret: it should not stay in the address bar and the history.
if (setPassword?.dataset.key) history.replaceState(null, "", location.pathname);

handle("#web-form", async (fields, form) => {
  const answer = await call("frappe.website.doctype.web_form.web_form.accept", {
    web_form: form.dataset.form, data: fields,
  });
  if (answer.status !== 200) return { text: words(answer), bad: true };
  form.hidden = true;
  document.querySelector("#web-form-done").hidden = false;
  return undefined;
});
