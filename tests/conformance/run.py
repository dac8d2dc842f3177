#!/usr/bin/env python3
"""Loads the recorded data set into a new site, serves it, and replays the recorded requests.

    tests/conformance/run.py [--database postgres://…] [--shared DIR] [--binary PATH] [replay.py options]

Needs Python 3.9+ and the built binary. Where the conformance data is not beside the project it says so and exits 0.
Differences that are known, each with its reason, stand in known.json; one that is gone has to leave the list, or it
would hide the next.
"""
import argparse, contextlib, fnmatch, json, os, pathlib, signal, socket, subprocess, sys, tempfile, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
USERS = {
    "admin": "Administrator",
    "manager": "maya.manager@desk.example",
    "agent": "arun.agent@desk.example",
    "agent2": "bella.agent@desk.example",
    "customer": "carl@acme.example",
    "customer2": "dina@globex.example",
}
# The recorded site's passwords, as its README tells them.
PASSWORDS = {user: "admin" if identity == "admin" else "Ref-Pass-2026-x" for identity, user in USERS.items()}
# What replay.py replaces by the token that a session was given.
RECORDED_TOKEN = "0123456789abcdef0123456789abcdef0123456789abcdef01234567"
# Within this project's scope so far; the other groups belong to later parts. Reads come first: writes change the site.
SCOPE = {
    "read": [
        "basic", "errors", "auth", "list", "list.dt", "doc.read", "ticket.*", "desk", "v2", "run_method", "client",
        "helpdesk",
    ],
    "write": [
        "create", "update", "delete", "v2w", "cw", "dw", "upload", "run", "hd", "login", "csrf", "rate", "throttle",
        "logout",
    ],
}
# Cases that need settings of their own: which, the settings, and requests before them (a budget that is spent).
CONFIGURED = [
    ("config.rate_limit/ok/*", {"RATE_LIMIT": "{ limit = 600.0, window = 86400 }"}, 0),
    ("config.rate_limit/error_*", {"RATE_LIMIT": "{ limit = 600.0, window = 86400 }"}, 0),
    ("config.rate_limit/exceeded/*", {"RATE_LIMIT": "{ limit = 0.000001, window = 86400 }"}, 1),
    ("config.cors_star/*", {"ALLOW_CORS": "*"}, 0),
    ("config.cors_list/*", {"ALLOW_CORS": '["http://good.example"]'}, 0),
    ("config.maintenance/*", {"MAINTENANCE_MODE": "true"}, 0),
    ("config.after/*", {}, 0),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def playable(source, target):
    """The recorded cases with what their redaction took from them and the replayer needs back: a session's CSRF token
    stands as words in headers, and forms are objects."""
    with open(source) as recorded, open(target, "w") as out:
        for line in recorded:
            case = json.loads(line.replace("<csrf of session>", RECORDED_TOKEN))
            request = case["request"]
            if request.get("body_kind") == "form" and isinstance(request.get("body"), list):
                request["body"] = dict(request["body"])
            out.write(json.dumps(case) + "\n")


@contextlib.contextmanager
def served(binary, site, port, env, before=0):
    """Serves the site, with a number of requests before it is handed over; even a refusal shows that it is there."""
    server = subprocess.Popen(
        [binary, "--site", str(site), "serve", "--listen", f"127.0.0.1:{port}", "--now", "2026-11-22T07:13:00Z"],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in server.stdout:
            if line.startswith("Helpdesk listens"):
                break
        for _ in range(before):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/method/ping", timeout=10).read()
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=40)


def gone(cases, known):
    """Known differences whose cases were all sent and now agree."""
    with open(cases) as lines:
        results = [json.loads(line) for line in lines]
    for pattern in json.loads(known.read_text()):
        agree = [result["level"] == "full" for result in results if fnmatch.fnmatchcase(result["id"], pattern)]
        if agree and all(agree):
            yield pattern


def asked(about):
    """The options that both replays have, and the rest of them."""
    ap = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--database", default="", help="database of the site (default: SQLite)")
    ap.add_argument("--shared", default=str(ROOT.parent / "shared"), help="folder with conformance/")
    ap.add_argument("--binary", default=str(ROOT / "target" / "debug" / "helpdesk"))
    return ap.parse_known_args()


@contextlib.contextmanager
def loaded(opts, data):
    """A folder with the recorded site, loaded, and what it is served with; the keys of its users are in `keys.json`."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-conformance.") as folder:
        site = pathlib.Path(folder) / "site"
        env = {key: value for key, value in os.environ.items() if not key.startswith("HELPDESK_")}
        if opts.database:
            env["HELPDESK_DATABASE"] = opts.database
        env["HELPDESK_LOG"] = "warn"

        def helpdesk(*args, typed=None):
            return subprocess.run(
                [opts.binary, "--site", str(site), *args], env=env, check=True, stdout=subprocess.PIPE, text=True, input=typed
            ).stdout

        helpdesk("load", str(data / "dataset.jsonl"))
        keys = {identity: helpdesk("api-key", user).strip() for identity, user in USERS.items()}
        for user, password in PASSWORDS.items():
            helpdesk("set-password", user, typed=f"{password}\n")
        (pathlib.Path(folder) / "keys.json").write_text(json.dumps(keys))
        # The recorded site knows its own name only.
        env["HELPDESK_SITE_NAMES"] = '["ref.localhost"]'
        yield folder, site, env


def judged(data, folder, port, cases, known, scope):
    """Replays cases against the server at the port; the exit code is not 0 either where a known difference is gone."""
    replay = [sys.executable, str(data / "replay.py"), "--base", f"http://127.0.0.1:{port}"]
    replay += ["--keys", f"{folder}/keys.json", "--cases", cases, "--known", str(known), "--out", f"{folder}/cases.jsonl"]
    code = subprocess.run([*replay, *scope]).returncode
    for pattern in gone(f"{folder}/cases.jsonl", known):
        print(f"{pattern} agrees now: take it out of {known}")
        code = 1
    return code


def main():
    opts, more = asked(__doc__)
    data = pathlib.Path(opts.shared) / "conformance"
    if not (data / "replay.py").exists():
        print(f"conformance: skipped, there is no {data}")
        return 0
    with loaded(opts, data) as (folder, site, env):
        port = free_port()
        golden = f"{folder}/golden.jsonl"
        playable(data / "golden.jsonl", golden)

        def judge(scope):
            return judged(data, folder, port, golden, HERE / "known.json", scope)

        with served(opts.binary, site, port, env):
            scopes = [more] if more else [
                ["--phase", phase, *(word for group in groups for word in ("--group", group))]
                for phase, groups in SCOPE.items()
            ]
            codes = [judge(scope) for scope in scopes]
        if not more or "config" in more:
            for cases, settings, before in CONFIGURED:
                settings = {f"HELPDESK_{key}": value for key, value in settings.items()}
                with served(opts.binary, site, port, {**env, **settings}, before):
                    codes.append(judge(["--phase", "config", "--id", cases]))
        return max(codes)


if __name__ == "__main__":
    sys.exit(main())
