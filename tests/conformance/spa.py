#!/usr/bin/env python3
"""Replays the calls of the web client's recorded session, in their order, against a new site with the recorded data.

    tests/conformance/spa.py [--database postgres://…] [--shared DIR] [--binary PATH] [replay.py options]

Needs Python 3.9+ and the built binary. Where the conformance data is not beside the project it says so and exits 0.
The session's lines become cases as replay.py reads them: three sessions (before the login, the manager's, the
customer's), with the names of what the client made taken from our own answers. Differences that are known, each with its reason, stand in
spa-known.json; one that is gone has to leave the list.
"""
import json, pathlib, re, sys

from run import HERE, asked, free_port, judged, loaded, served

# Times from here on are when somebody clicked.
RECORDED_DAY = "2026-11-22"
# What the manager makes on the way, by its recorded name, and where our answer has the name.
MADE = {"21397be4c2": ("file", "message.name"), "mh74vr76ae": ("comment", "message.0.name")}


def chance(value, path=""):
    """Places in an answer that no two runs have alike, as `volatile_paths` names them: times of the recorded day, hash
    names of what was made then, keys of tickets, how long a search took."""
    if isinstance(value, dict):
        made = str(value.get("creation", "")).startswith(RECORDED_DAY)
        for key, inner in value.items():
            if key in ("key", "duration") or key == "name" and made and re.fullmatch("[0-9a-z]{10}", str(inner)):
                yield f"{path}/{key}"
            elif isinstance(inner, str) and inner[:1] == "[" and key.startswith("_"):
                yield from chance(json.loads(inner), f"{path}/{key}/#")
            else:
                yield from chance(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from chance(inner, f"{path}/{at}")
    elif isinstance(value, str) and value.startswith(RECORDED_DAY + " "):
        yield path


def bound(value):
    """A request with the names of what was made replaced by what ours are called."""
    text = json.dumps(value)
    for recorded, (name, _) in MADE.items():
        text = text.replace(f'"{recorded}"', json.dumps("{{%s}}" % name))
    return json.loads(text)


def newest_comment(order):
    """Not of the session: the client read the new comment's name from an answer that was like an earlier one."""
    asked_for = {
        "doctype": "HD Ticket Comment", "filters": {"reference_ticket": "0004"}, "order_by": "creation desc",
        "limit_page_length": 1,
    }
    return {
        "id": f"spa/{order}/the_comment_made", "order": order, "phase": "write", "group": "spa", "identity": "manager",
        "session": "manager", "bind": {"comment": "message.0.name"}, "volatile_paths": ["/json/message/0/name"],
        "request": {
            "method": "POST", "path": "/api/method/frappe.client.get_list", "body_kind": "json", "body": asked_for,
            "headers": {"Content-Type": "application/json"},
        },
        "response": {"status": 200, "json": {"message": [{"name": "mh74vr76ae"}]}},
    }


def cases(lines):
    """The recorded calls as cases. Events of sockets are tested elsewhere; the one answer that was cut short
    (getdoctype) is among the recorded answers whole."""
    session = "guest"
    for at, line in enumerate(lines):
        if "url" not in line or "answer_cut" in line:
            continue
        if line["step"].startswith("cust/"):
            session = "customer"
        elif line["step"] == "adm/login":
            session = "nobody"
        elif line["step"] == "login":
            session = "manager"
        method = line["url"].split("?")[0].rsplit("/", 1)[-1].rsplit(".", 1)[-1]
        body, kind = bound(line.get("body")), "json"
        if "body_text" in line:
            # A form's lines end in CR LF, which the recording kept as it came.
            body, kind = line["body_text"], "raw"
        elif body is None:
            kind = "none"
        case = {
            "id": f"spa/{at}/{method}", "order": at, "phase": "write", "group": "spa", "identity": session,
            "session": session, "volatile_paths": [f"/json{path}" for path in chance(line["answer"])],
            "request": {"method": line["method"], "path": line["url"], "body_kind": kind, "body": body, "headers": {}},
            "response": {"status": line["status"], "json": line["answer"]},
        }
        if line.get("content_type"):
            case["request"]["headers"]["Content-Type"] = line["content_type"]
        if method == "get_list" and not line["body"].get("order_by"):
            case["unordered"] = True
        if method == "upload_file":
            case["bind"] = {"file": "message.name"}
        if method == "get_reactions" and "{{comment}}" in json.dumps(body):
            yield newest_comment(at - 0.5)
        yield case


def main():
    opts, more = asked(__doc__)
    data = pathlib.Path(opts.shared) / "conformance"
    source = data / "spa-traffic.jsonl"
    if not source.exists():
        print(f"conformance: skipped, there is no {source}")
        return 0
    with loaded(opts, data) as (folder, site, env), open(source) as recorded:
        path = f"{folder}/spa.jsonl"
        with open(path, "w") as out:
            for case in cases([json.loads(line) for line in recorded]):
                out.write(json.dumps(case) + "\n")
        port = free_port()
        with served(opts.binary, site, port, env):
            return judged(data, folder, port, path, HERE / "spa-known.json", more)


if __name__ == "__main__":
    sys.exit(main())
