#!/usr/bin/env python3
"""Loads the recorded data set into a new site, serves it, and replays the recorded requests.

    tests/conformance/run.py [--database postgres://…] [--shared DIR] [--binary PATH] [replay.py options]

Needs Python 3.9+ and the built binary. Where the conformance data is not beside the project it says so and exits 0.
Differences that are known, each with its reason, stand in known.json; one that is gone has to leave the list, or it
would hide the next.
"""
import argparse, fnmatch, json, os, pathlib, signal, socket, subprocess, sys, tempfile, time, urllib.request

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
    "read": ["basic", "errors", "auth", "list", "list.dt", "doc.read", "ticket.*", "desk", "v2", "run_method", "client"],
    "write": ["create", "update", "delete", "v2w", "cw", "upload"],
}


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


def gone(cases):
    """Known differences whose cases were all sent and now agree."""
    with open(cases) as lines:
        results = [json.loads(line) for line in lines]
    for pattern in json.loads((HERE / "known.json").read_text()):
        agree = [result["level"] == "full" for result in results if fnmatch.fnmatchcase(result["id"], pattern)]
        if agree and all(agree):
            yield pattern


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--database", default="", help="database of the site (default: SQLite)")
    ap.add_argument("--shared", default=str(ROOT.parent / "shared"), help="folder with conformance/")
    ap.add_argument("--binary", default=str(ROOT / "target" / "debug" / "helpdesk"))
    opts, more = ap.parse_known_args()
    data = pathlib.Path(opts.shared) / "conformance"
    if not (data / "replay.py").exists():
        print(f"conformance: skipped, there is no {data}")
        return 0
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
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        server = subprocess.Popen(
            [opts.binary, "--site", str(site), "serve", "--listen", f"127.0.0.1:{port}", "--now", "2026-11-22T07:13:00Z"],
            env=env,
            stdout=subprocess.DEVNULL,
        )
        try:
            for _ in range(200):
                try:
                    urllib.request.urlopen(f"{base}/api/method/ping", timeout=1).read()
                    break
                except OSError:
                    time.sleep(0.05)
            replay = [sys.executable, str(data / "replay.py"), "--base", base, "--keys", f"{folder}/keys.json"]
            playable(data / "golden.jsonl", f"{folder}/golden.jsonl")
            replay += ["--cases", f"{folder}/golden.jsonl"]
            replay += ["--known", str(HERE / "known.json"), "--out", f"{folder}/cases.jsonl"]
            scopes = [more] if more else [
                ["--phase", phase, *(word for group in groups for word in ("--group", group))]
                for phase, groups in SCOPE.items()
            ]
            code = 0
            for scope in scopes:
                code = subprocess.run([*replay, *scope]).returncode or code
                for pattern in gone(f"{folder}/cases.jsonl"):
                    print(f"{pattern} agrees now: take it out of {HERE / 'known.json'}")
                    code = 1
            return code
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=40)


if __name__ == "__main__":
    sys.exit(main())
