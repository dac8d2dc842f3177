/*
 * The documentation page: reads the description of the API this server gives, shows it, and lets one try it.
 *
 * Rules: every text goes in by textContent, nothing is evaluated, and no other host is asked (the page's
 * Content-Security-Policy would refuse it). The API key lives in sessionStorage and leaves only in the
 * Authorization header of requests to this server. Without a key, a browser that is signed in tries things as its
 * user: the cookies go along, and the session's CSRF token, which the page was given.
 */

const KEY = "helpdesk-docs-authorization";
const SHOWN_HEADERS = [
  "content-type", "content-disposition", "location", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining",
  "x-ratelimit-reset", "www-authenticate",
];
const VERBS = ["get", "post", "put", "delete", "patch"];

const main = document.querySelector("main");
const nav = document.querySelector("#entries");
const search = document.querySelector("#search");
const state = { api: null, entries: [], remembered: new Map() };

/* ---- Elements ------------------------------------------------------------------------------------------- */

/** An element; children are elements or texts, `on...` properties listeners, all others attributes. */
function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const badge = (text, kind, title) => el("span", { class: `badge ${kind ?? ""}`, title }, text);
const code = (text) => el("code", {}, text);

/** Inline Markdown: code, strong text, and the words of a link. */
function inline(text) {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]*\))/);
  return parts.filter(Boolean).map((part) => {
    if (part.length > 2 && part.startsWith("`")) return code(part.slice(1, -1));
    if (part.length > 4 && part.startsWith("**")) return el("strong", {}, part.slice(2, -2));
    const link = /^\[([^\]]+)\]\(/.exec(part);
    return link ? inline(link[1]) : part;
  });
}

/** A few blocks of Markdown: paragraphs, lists, headings, code. */
function markdown(text) {
  const blocks = [];
  const fenced = (text ?? "").split(/^```\w*\n([\s\S]*?)^```$/m);
  fenced.forEach((piece, at) => {
    if (at % 2) return blocks.push(el("pre", {}, piece.trimEnd()));
    for (const block of piece.split(/\n\s*\n/).map((block) => block.trim()).filter(Boolean)) {
      if (/^#+ /.test(block)) {
        const [heading, ...rest] = block.split("\n");
        blocks.push(el("h3", {}, heading.replace(/^#+ /, "")), ...markdown(rest.join("\n")));
      } else if (/^[-*] /.test(block)) {
        const items = block.split(/^[-*] /m).slice(1);
        blocks.push(el("ul", {}, items.map((item) => el("li", {}, inline(item.trim())))));
      } else {
        blocks.push(el("p", {}, inline(block)));
      }
    }
    return undefined;
  });
  return blocks;
}

function copyButton(text) {
  const button = el("button", { type: "button", class: "quiet", onclick: copy }, "Copy");
  async function copy() {
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      said = "Not allowed here";
    }
    button.textContent = said;
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }
  return button;
}

function table(heads, rows, kind) {
  return el("div", { class: `scroll ${kind ?? ""}` }, el("table", {},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell)))))));
}

/* ---- The description ------------------------------------------------------------------------------------ */

function resolve(value) {
  for (let depth = 0; value?.$ref && depth < 8; depth++) {
    value = value.$ref.slice(2).split("/").reduce((at, name) => at?.[name], state.api);
  }
  return value ?? {};
}

const authorization = () => sessionStorage.getItem(KEY) ?? "";

const { csrf_token: csrfToken, user: sessionUser } = document.body.dataset;

function headers(more) {
  const key = authorization();
  if (key) return { ...more, Authorization: `token ${key}` };
  return csrfToken ? { ...more, "X-Frappe-CSRF-Token": csrfToken } : { ...more };
}

/** A key is tried without the browser's session, which it would not replace. */
const credentials = () => (authorization() ? "omit" : "same-origin");
const request = (url, options) => fetch(url, { credentials: credentials(), cache: "no-store", ...options });

async function load() {
  const who = document.querySelector("#who");
  let answer = await request("/api/openapi.json", { headers: headers() });
  const refused = answer.status === 401;
  if (refused) answer = await request("/api/openapi.json");
  if (!answer.ok) throw new Error(`The description could not be read: status ${answer.status}.`);
  state.api = await answer.json();
  state.entries = entries(state.api);
  const me = "/api/method/frappe.auth.get_logged_user";
  let name = authorization() ? "Signed in" : sessionUser ?? "Guest";
  if (refused) {
    name = "Key not accepted";
  } else if (authorization() && state.api.paths[me]) {
    const said = await request(me, { headers: headers() });
    if (said.ok) name = (await said.json()).message ?? name;
  }
  who.textContent = name;
  who.className = refused ? "badge bad" : authorization() || sessionUser ? "badge good" : "badge";
}

/** Methods, and DocTypes with the operations of their two paths, in the description's order. */
function entries(api) {
  const found = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    const operations = VERBS.filter((verb) => item[verb]).map((verb) => ({
      verb: verb.toUpperCase(),
      path,
      operation: item[verb],
      parameters: [...(item.parameters ?? []), ...(item[verb].parameters ?? [])].map(resolve),
    }));
    const first = operations[0]?.operation;
    if (!first) continue;
    const doctype = first["x-doctype"];
    const name = doctype ?? path.replace("/api/method/", "");
    const id = `${doctype ? "doctype" : "method"}/${encodeURIComponent(name)}`;
    const known = found.get(id);
    if (known) {
      known.operations.push(...operations);
      continue;
    }
    const group = first.tags?.[0] ?? (doctype ? "DocTypes" : "Short names");
    const short = doctype || group === "Short names" ? name : name.slice(group.length + 1);
    const text = doctype ? "" : `${first.summary ?? ""} ${first.description ?? ""}`;
    found.set(id, { id, name, short, group, doctype, operations, first, text: `${name} ${text}`.toLowerCase() });
  }
  const all = [...found.values()];
  return [...all.filter((entry) => !entry.doctype), ...all.filter((entry) => entry.doctype)];
}

/* ---- Types ---------------------------------------------------------------------------------------------- */

/** A schema in a few words. */
function typeText(schema) {
  if (schema === true || !schema) return "anything";
  if (schema.$ref) return resolve(schema).title ?? schema.$ref.split("/").pop();
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return schema.title ?? [...new Set(several.map(typeText))].join(" or ");
  if (schema.allOf) return schema.allOf.map(typeText).join(" with ");
  const types = [schema.type ?? []].flat();
  if (!types.length) return schema.enum ? "one of" : "anything";
  return types.map((type) => {
    if (type === "array") return `list of ${schema.items ? typeText(schema.items) : "anything"}`;
    if (type === "string" && schema.format) return schema.format;
    if (type === "string" && schema.contentMediaType) return schema.contentMediaType.split("/").pop().toUpperCase();
    return type;
  }).join(" or ");
}

/** What else a schema says: choices, bounds, default. */
function facts(schema) {
  const say = [];
  if (schema.enum) say.push(["one of ", ...schema.enum.flatMap((choice, at) =>
    [at ? ", " : "", code(choice === "" ? "(blank)" : String(choice))])]);
  if (schema["x-link"]) say.push(["name of a ", linkTo(schema["x-link"])]);
  if (schema["x-link-field"]) say.push(["its DocType is in ", code(schema["x-link-field"])]);
  if (schema["x-unit"]) say.push(schema["x-unit"]);
  if (schema.minimum !== undefined) say.push(`at least ${schema.minimum}`);
  if (schema.maximum !== undefined) say.push(`at most ${schema.maximum}`);
  if (schema.maxLength !== undefined && schema.maxLength !== 140) say.push(`up to ${schema.maxLength} characters`);
  if (schema.default !== undefined) say.push(["default ", code(JSON.stringify(schema.default))]);
  return say.map((fact) => el("span", { class: "fact" }, fact));
}

function linkTo(doctype) {
  const id = `doctype/${encodeURIComponent(doctype)}`;
  return state.entries.some((entry) => entry.id === id) ? el("a", { href: `#/${id}` }, doctype) : code(doctype);
}

/** The schema behind lists and alternatives that has properties to show. */
function inner(schema) {
  const resolved = resolve(schema);
  if (resolved.properties) return resolved;
  const next = resolved.items ?? (resolved.anyOf ?? resolved.oneOf ?? resolved.allOf ?? [])
    .find((one) => one.$ref || one.properties || one.items);
  return next ? inner(next) : null;
}

/** A schema as its type, with its properties behind a fold; made when unfolded, since types may contain themselves. */
function schemaView(schema, open) {
  const object = inner(schema);
  if (!object) return el("span", {}, el("span", { class: "type" }, typeText(schema)), facts(resolve(schema)));
  const fold = el("details", { open }, el("summary", {}, el("span", { class: "type" }, typeText(schema))));
  const fill = () => {
    if (!fold.open || fold.childElementCount > 1) return;
    fold.append(propertyTable(object));
  };
  fold.addEventListener("toggle", fill);
  fill();
  return fold;
}

function propertyTable(object) {
  return table(["Name", "Type", ""], Object.entries(object.properties).map(([name, schema]) => [
    [code(name), object.required?.includes(name) || schema["x-mandatory"] ? badge("required", "must") : null],
    inner(schema) ? schemaView(schema) : el("span", { class: "type" }, schema["x-fieldtype"] ?? typeText(schema)),
    [
      schema.title && !schema.$ref ? el("span", { class: "label" }, schema.title) : null,
      schema.description ? el("div", {}, inline(schema.description)) : null,
      inner(schema) ? null : el("div", {}, facts(schema)),
      schema.readOnly ? badge("read only") : null,
      schema["x-unique"] ? badge("unique") : null,
      schema["x-set-only-once"] ? badge("set once") : null,
    ],
  ]));
}

/* ---- Pages ---------------------------------------------------------------------------------------------- */

function showList() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = state.entries.filter((entry) => words.every((word) => entry.text.includes(word)));
  const groups = Map.groupBy ? Map.groupBy(shown, (entry) => entry.group) : grouped(shown);
  const current = location.hash.slice(2);
  nav.replaceChildren(...[...groups].map(([group, list]) => el("section", {},
    el("h2", {}, group),
    el("ul", {}, list.map((entry) => el("li", {},
      el("a", { href: `#/${entry.id}`, "aria-current": entry.id === current ? "page" : null, title: entry.first.summary },
        entry.short)))))));
  if (!shown.length) nav.replaceChildren(el("p", { class: "soft" }, "Nothing matches."));
  document.querySelector("#count").textContent =
    words.length ? `${shown.length} of ${state.entries.length}` : `${state.entries.length} entries`;
}

function grouped(list) {
  const groups = new Map();
  for (const entry of list) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return groups;
}

function show(moveFocus) {
  const id = location.hash.slice(2);
  const entry = state.entries.find((entry) => entry.id === id);
  main.replaceChildren(...(entry ? (entry.doctype ? doctypePage(entry) : methodPage(entry)) : homePage(id)));
  document.title = entry ? `${entry.name} – ${state.api.info.title}` : `${state.api.info.title}: API`;
  for (const link of nav.querySelectorAll("a")) {
    if (link.getAttribute("href") === location.hash) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.classList.remove("menu");
  if (moveFocus) {
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  }
}

const heading = (text) => el("h1", { tabindex: "-1" }, text);

function homePage(missing) {
  const methods = state.entries.filter((entry) => !entry.doctype).length;
  const doctypes = state.entries.length - methods;
  const kinds = state.api.components.schemas.Error;
  return [
    heading(state.api.info.title),
    missing ? el("p", { class: "notice" }, "Nothing of that name is described for this caller.") : null,
    el("p", { class: "lead" }, `${methods} methods and ${doctypes} DocTypes, version ${state.api.info.version}. `,
      el("a", { href: "/api/openapi.json" }, "OpenAPI description"), " for clients and tools."),
    doctypes ? null : el("p", { class: "notice" }, "Enter an API key to see the DocTypes it may read."),
    ...markdown(state.api.info.description),
    el("h2", {}, "An example"),
    el("pre", {}, `curl '${location.origin}/api/method/frappe.auth.get_logged_user' \\\n  -H 'Authorization: token <api key>:<api secret>'`),
    el("h2", {}, "Errors"),
    el("p", {}, "Every status from 400 on comes with an object that says what went wrong."),
    propertyTable({ ...kinds, properties: { ...kinds.properties, exc_type: { ...kinds.properties.exc_type, enum: undefined } } }),
    el("details", {}, el("summary", {}, "All error classes"),
      el("p", {}, kinds.properties.exc_type.enum.flatMap((name) => [code(name), " "]))),
  ].filter(Boolean);
}

function methodPage(entry) {
  const { first, operations } = entry;
  const limits = operations.flatMap(({ operation }) => operation["x-rate-limit"] ?? []);
  const distinct = [...new Map(limits.map((limit) => [JSON.stringify(limit), limit])).values()];
  const writing = operations.find(({ operation }) => operation.requestBody);
  const body = writing && resolve(writing.operation.requestBody.content["application/json"].schema);
  const inQuery = operations.flatMap(({ parameters }) => parameters);
  const arguments_ = body ?? {
    properties: Object.fromEntries(inQuery.map((one) => [one.name,
      { ...(one.schema ?? one.content["application/json"].schema), description: one.description }])),
    required: inQuery.filter((one) => one.required).map((one) => one.name),
  };
  const result = resolve(resolve(first.responses["200"]).content?.["application/json"].schema);
  const errors = Object.entries(first.responses).filter(([status]) => status >= "4" && status !== "default");
  return [
    el("p", { class: "crumb" }, entry.group),
    heading(entry.short),
    el("p", { class: "badges" },
      operations.map(({ verb }) => badge(verb, `verb ${verb.toLowerCase()}`)),
      first.security?.length === 0 ? badge("guests may call", "good", "No sign-in needed") : badge("needs sign-in"),
      (first["x-requires"] ?? []).map((guard) => badge(`needs ${guard}`, "must")),
      distinct.map(limitBadge)),
    el("p", { class: "path" }, code(operations[0].path), copyButton(() => operations[0].path)),
    first.summary ? el("p", { class: "lead" }, inline(first.summary)) : null,
    ...markdown(first.description),
    el("h2", {}, "Arguments"),
    Object.keys(arguments_.properties ?? {}).length ? propertyTable(arguments_) : el("p", { class: "soft" }, "None."),
    arguments_.additionalProperties ? el("p", {}, inline(arguments_.additionalProperties.description)) : null,
    el("h2", {}, "Result"),
    el("p", { class: "soft" }, "In ", code("message"), " of the answer:"),
    schemaView(result.properties?.message, true),
    errors.length ? el("h2", {}, "Errors") : null,
    errors.length ? table(["Status", "When"], errors.map(([status, response]) =>
      [code(status), inline(resolve(response).description)])) : null,
    el("h2", {}, "Try it"),
    tryForm(entry),
  ].filter(Boolean);
}

function limitBadge(limit) {
  const per = [limit.ip_based ? "address" : null, limit.key].filter(Boolean).join(" and ");
  return badge(`${limit.limit ?? "?"} calls in ${duration(limit.seconds)}`, "limit", `Counted per ${per}, for ${limit.methods.join(", ")}`);
}

function duration(seconds) {
  for (const [length, unit] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
    const count = seconds / length;
    if (count >= 1 && Number.isInteger(count)) return count === 1 ? `a ${unit}` : `${count} ${unit}s`;
  }
  return seconds === 1 ? "a second" : `${seconds} seconds`;
}

function doctypePage(entry) {
  const read = entry.operations.find(({ operation }) => operation.operationId.endsWith(".read"));
  const schema = resolve(resolve(read.operation.responses["200"]).content["application/json"].schema).properties.data;
  return [
    el("p", { class: "crumb" }, entry.group),
    heading(entry.name),
    el("p", { class: "badges" }, badge("DocType"),
      entry.operations.map(({ operation }) => badge(operation.operationId.split(".").pop(), "verb get"))),
    ...markdown(resolve(schema).description),
    el("h2", {}, "What you may do"),
    table(["Verb", "Path", ""], entry.operations.map(({ verb, path, operation }) => [
      badge(verb, `verb ${verb.toLowerCase()}`), code(decodeURIComponent(path)),
      [operation.summary, operation.description ? el("div", { class: "soft" }, inline(operation.description)) : null],
    ]), "paths"),
    el("h2", {}, "Fields"),
    propertyTable(resolve(schema)),
    el("h2", {}, "Try it"),
    tryForm(entry),
  ];
}

/* ---- Trying --------------------------------------------------------------------------------------------- */

/** The form of an entry: choose the operation, fill in, send. */
function tryForm(entry) {
  const fields = el("div", { class: "fields" });
  const answer = el("section", { class: "answer", "aria-live": "polite" });
  const line = el("pre", { class: "curl" });
  const choice = el("select", { id: "operation", onchange: choose }, entry.operations.map((one, at) =>
    el("option", { value: at }, entry.doctype ? `${one.verb} ${decodeURIComponent(one.path)}` : one.verb)));
  let inputs = [];

  const chosen = () => entry.operations[Number(choice.value)];
  const build = (secret) => buildRequest(chosen(), inputs, secret);

  function choose() {
    const { operation, parameters } = chosen();
    inputs = parameters.map(queryInput);
    const schema = operation.requestBody?.content["application/json"].schema;
    if (schema && entry.doctype) inputs.push(documentInput(schema));
    else if (schema) inputs.push(...bodyInputs(resolve(schema)));
    for (const input of inputs) {
      const kept = state.remembered.get(`${entry.id} ${input.name}`);
      if (kept !== undefined) input.control.value = kept;
      input.control.addEventListener("input", () => {
        state.remembered.set(`${entry.id} ${input.name}`, input.control.value);
        input.control.setCustomValidity("");
        refresh();
      });
    }
    fields.replaceChildren(...inputs.map(fieldRow));
    refresh();
  }

  function refresh() {
    try {
      line.textContent = curl(build(false));
    } catch (error) {
      line.textContent = error.message;
    }
  }

  async function send(event) {
    event.preventDefault();
    let built;
    try {
      built = build(true);
    } catch (error) {
      error.control?.setCustomValidity(error.message);
      form.reportValidity();
      return;
    }
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    answer.replaceChildren(el("p", { class: "soft" }, "Waiting for the answer …"));
    try {
      answer.replaceChildren(...await answered(built));
    } catch (error) {
      answer.replaceChildren(el("p", { class: "notice" }, `There was no answer: ${error.message}`));
    }
    button.disabled = false;
  }

  const form = el("form", { class: "try", onsubmit: send },
    el("div", { class: "row" }, el("label", { for: "operation" }, entry.doctype ? "Operation" : "Verb"), choice),
    fields,
    el("div", { class: "send" }, el("button", { type: "submit" }, "Send"),
      el("span", { class: "soft" }, "Ctrl+Enter sends too. Empty fields are left out.")),
    el("div", { class: "line" }, line, copyButton(() => curl(build(true)))),
    answer);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  choose();
  return form;
}

/** A control for a schema. `json` tells how its text becomes a value: always, if it can, or never. */
function input(name, schema, where, required) {
  const resolved = resolve(schema);
  const types = [resolved.type ?? []].flat().filter((type) => type !== "null");
  const one = types.length === 1 ? types[0] : null;
  const choices = resolved.enum?.filter((choice) => choice !== null && choice !== "")
    ?? (one === "boolean" ? [true, false] : null);
  const json = choices || one === "number" || one === "integer" || one === "boolean" ? "value"
    : one === "string" || (types.length && types.every((type) => ["string", "integer", "number"].includes(type))) ? "never"
    : one === "array" || one === "object" ? "always" : "maybe";
  const properties = { id: `in-${where}-${name}`, required, spellcheck: "false", autocomplete: "off" };
  let control;
  if (choices) {
    control = el("select", properties, el("option", { value: "" }, "not sent"),
      choices.map((choice) => el("option", { value: JSON.stringify(choice) }, String(choice))));
  } else if (json === "always" || json === "maybe") {
    const hint = json === "maybe" ? "JSON or text" : one === "array" ? "JSON list" : "JSON object";
    control = el("textarea", { ...properties, rows: 2, placeholder: hint });
  } else {
    control = el("input", { ...properties, placeholder: schemaDefault(resolved),
      inputmode: one === "integer" ? "numeric" : one === "number" ? "decimal" : null });
  }
  return { name, where, control, json, schema, required };
}

const schemaDefault = (schema) => (schema.default === undefined ? null : `${JSON.stringify(schema.default)} by default`);

function queryInput(parameter) {
  const schema = parameter.schema ?? parameter.content["application/json"].schema;
  if (parameter.explode) return input(parameter.name, { type: "object" }, "rest", false);
  const made = input(parameter.name, schema, parameter.in, parameter.required);
  made.help = parameter.description;
  return made;
}

function bodyInputs(schema) {
  const made = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const one = input(name, property, "body", schema.required?.includes(name));
    one.help = property.description;
    return one;
  });
  if (schema.additionalProperties) {
    const rest = input("further arguments", { type: "object" }, "rest", false);
    rest.help = schema.additionalProperties.description;
    made.push(rest);
  }
  return made;
}

/** One JSON text for a whole document, begun with the fields that must be there. */
function documentInput(schema) {
  const made = input("document", { type: "object" }, "document", true);
  const required = schema.allOf?.[1]?.required ?? [];
  made.control.rows = 6;
  made.control.value = JSON.stringify(Object.fromEntries(required.map((name) => [name, ""])), null, 2);
  made.help = "The fields to set, as a JSON object.";
  return made;
}

function fieldRow({ name, control, schema, required, help }) {
  return el("div", { class: "row" },
    el("label", { for: control.id }, code(name), required ? el("span", { class: "star", title: "required" }, "*") : null,
      el("span", { class: "type" }, typeText(schema))),
    el("div", {}, control, help ? el("small", {}, inline(help)) : null));
}

/** The value of a control, `undefined` where nothing is sent. Throws what is wrong with it. */
function valueOf({ name, control, json, required }) {
  const text = control.value;
  if (text.trim() === "") {
    if (required && json !== "never") throw Object.assign(new Error(`${name} is required`), { control });
    return text === "" ? undefined : text;
  }
  if (json === "never") return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (json === "maybe") return text;
    if (json === "value") return text;
    throw Object.assign(new Error(`${name} is no JSON: ${error.message}`), { control });
  }
}

function buildRequest({ verb, path, operation }, inputs, withSecret) {
  const query = new URLSearchParams();
  const body = {};
  for (const one of inputs) {
    const value = valueOf(one);
    if (one.where === "path") {
      path = path.replace(`{${one.name}}`, value === undefined ? `{${one.name}}` : encodeURIComponent(value));
    } else if (value === undefined) {
      continue;
    } else if (one.where === "query") {
      query.set(one.name, typeof value === "string" ? value : JSON.stringify(value));
    } else if (one.where === "rest" && !operation.requestBody) {
      for (const [name, more] of Object.entries(value)) query.set(name, typeof more === "string" ? more : JSON.stringify(more));
    } else if (one.where === "rest" || one.where === "document") {
      Object.assign(body, value);
    } else {
      body[one.name] = value;
    }
  }
  const sent = { Accept: "application/json" };
  if (operation.requestBody) sent["Content-Type"] = "application/json";
  const signed = headers(sent);
  /* Without the cookie, which no script can read, the token is of no use to a command. */
  if (!withSecret) delete signed["X-Frappe-CSRF-Token"];
  if (signed.Authorization && !withSecret) signed.Authorization = signed.Authorization.replace(/:.*/, ":••••");
  const text = query.toString();
  return {
    url: text ? `${path}?${text}` : path,
    options: { method: verb, headers: signed, body: operation.requestBody ? JSON.stringify(body) : undefined },
  };
}

function curl({ url, options }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const verb = options.method === "GET" ? "" : `-X ${options.method} `;
  const parts = [`curl ${verb}${quoted(location.origin + url)}`];
  for (const [name, value] of Object.entries(options.headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (options.body) parts.push(`-d ${quoted(options.body)}`);
  return parts.join(" \\\n  ");
}

async function answered({ url, options }) {
  const begun = performance.now();
  const response = await request(url, options);
  const bytes = await response.arrayBuffer();
  const took = Math.round(performance.now() - begun);
  const text = new TextDecoder().decode(bytes);
  const kind = response.status < 300 ? "good" : response.status < 400 ? "" : "bad";
  const head = SHOWN_HEADERS.filter((name) => response.headers.has(name));
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return [
    el("p", { class: "badges" }, badge(`${response.status} ${response.statusText}`.trim(), kind),
      el("span", { class: "soft" }, `${took} ms, ${bytes.byteLength.toLocaleString("en")} bytes`)),
    ...serverMessages(json).map((message) => el("p", { class: "notice" }, message)),
    head.length ? el("dl", {}, head.map((name) => [el("dt", {}, name), el("dd", {}, response.headers.get(name))])) : "",
    el("div", { class: "line" }, el("pre", { class: "json", tabindex: "0" }, json === undefined
      ? (text.slice(0, 20000) || "(empty)") : coloured(JSON.stringify(json, null, 2))), copyButton(() => text)),
  ];
}

/** The messages of an answer, without their tags. */
function serverMessages(json) {
  try {
    const parsed = new DOMParser();
    return JSON.parse(json._server_messages).map((one) =>
      parsed.parseFromString(JSON.parse(one).message ?? "", "text/html").body.textContent).filter(Boolean);
  } catch {
    return [];
  }
}

/** JSON text with its keys, texts and other values told apart; long ones stay as they are. */
function coloured(text) {
  if (text.length > 200000) return text;
  return text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|-?\b\d[\d.eE+-]*|\b(?:true|false|null)\b)/).map((part, at) => {
    if (at % 2 === 0) return part;
    const kind = !part.startsWith('"') ? "value" : part.endsWith(":") ? "key" : "text";
    return el("span", { class: kind }, part);
  });
}

/* ---- Start ---------------------------------------------------------------------------------------------- */

async function start() {
  main.setAttribute("aria-busy", "true");
  try {
    await load();
    showList();
    show(false);
  } catch (error) {
    main.replaceChildren(heading("The API can't be shown"), el("p", { class: "notice" }, error.message));
  }
  main.removeAttribute("aria-busy");
}

const key = document.querySelector("#key");
key.value = authorization();
document.querySelector("#sign").addEventListener("submit", (event) => {
  event.preventDefault();
  const value = key.value.trim().replace(/^token\s+/i, "");
  if (value) sessionStorage.setItem(KEY, value);
  else sessionStorage.removeItem(KEY);
  start();
});
search.addEventListener("input", showList);
addEventListener("hashchange", () => state.api && show(true));
document.querySelector("#skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.querySelector("h1")?.focus();
});
document.querySelector("#menu").addEventListener("click", () => document.body.classList.toggle("menu"));
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "/" && !typing) {
    event.preventDefault();
    document.body.classList.add("menu");
    search.focus();
  } else if (event.key === "Escape" && event.target === search) {
    search.value = "";
    showList();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && (event.target === search || nav.contains(event.target))) {
    const links = [...nav.querySelectorAll("a")];
    const next = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    (next < 0 ? search : links[Math.min(next, links.length - 1)])?.focus();
  }
});
start();
