//! Files as an attacker sends and asks for them, and large ones.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use helpdesk_tests::{TestSite, TestUser};
use serde_json::json;

const CONTENT: &str = "for ada alone";

/// A site with a private file of an agent's; its address.
fn with_file() -> (TestSite, TestUser, String) {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let reply = ada
        .upload("secret.txt", CONTENT.as_bytes(), &json!({ "is_private": 1 }))
        .ok();
    let url = reply.message()["file_url"].as_str().unwrap().to_owned();
    (site, ada, url)
}

/// Spellings of the address of a private file: of its folder, of its name, and ways to it through other folders.
fn spellings(name: &str) -> Vec<String> {
    let folders = [
        "/private/files",
        "/private//files",
        "//private/files",
        "/private/./files",
        "/./private/files",
        "/private/files/.",
        "/private/files/../files",
        "/files/../private/files",
        "/files/%2e%2e/private/files",
        "/files/..%2fprivate/files",
        "/files/..%5cprivate%5cfiles",
        "/files/....//private/files",
        "/files/%252e%252e/private/files",
        "/files/..;/private/files",
        "/%70rivate/files",
        "/private%2ffiles",
        "/private%5cfiles",
        "/PRIVATE/files",
        "/Private/Files",
        "/api/../private/files",
        "/assets/../private/files",
        "/files//private/files",
        "/private/files/x/..",
        "/docs/../private/files",
        "/private/files%00",
        "/%2e/private/files",
    ];
    let names = [
        name.to_owned(),
        format!("{name}/"),
        name.to_uppercase(),
        format!("{name}%00.png"),
        name.replace('.', "%2e"),
    ];
    let mut all: Vec<String> = folders.iter().map(|folder| format!("{folder}/{name}")).collect();
    for folder in &folders[..11] {
        all.extend(names[1..].iter().map(|name| format!("{folder}/{name}")));
    }
    for more in [
        "?",
        "?fid=",
        "?fid=x",
        "?fid=%00",
        "#x",
        ";x",
        "%20",
        "%0a",
        "%2f",
        "%2f..",
        "%2f%2e%2e%2fsecret.txt",
        "\u{0}",
    ] {
        let more = more.replace('\u{0}', "%00%00");
        all.push(format!("/private/files/{name}{more}"));
    }
    all
}

#[test]
fn no_spelling_of_its_address_opens_a_private_file() {
    let (site, ada, url) = with_file();
    let name = url.rsplit('/').next().unwrap();
    let all = spellings(name);
    assert!(all.len() >= 80, "{}", all.len());
    let strangers = [site.guest(), site.customer("carl@acme.example")];
    for path in &all {
        for stranger in &strangers {
            // As the bytes are: a client library would put the path in order first.
            let authorization = stranger
                .token()
                .map_or_else(String::new, |token| format!("Authorization: token {token}\r\n"));
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: a\r\n{authorization}Connection: close\r\n\r\n");
            let reply = site
                .raw(request.as_bytes())
                .unwrap_or_else(|| panic!("{path}: no answer"));
            assert!(!reply.text.contains(CONTENT), "{path}: {reply:?}");
            assert!(
                (400..500).contains(&reply.status),
                "{path} by {}: {}",
                stranger.id(),
                reply.status
            );
        }
    }
    assert_eq!(ada.get(&url).ok().text, CONTENT);
}

fn multipart(user: &TestUser, body: &[u8], length: usize) -> Vec<u8> {
    let mut request = format!(
        "POST /api/method/upload_file HTTP/1.1\r\nHost: a\r\nAuthorization: token {}\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
        user.token().unwrap()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

#[test]
fn broken_forms_store_nothing() {
    let (site, ada, _) = with_file();
    let (rows, files) = (site.count("File"), site.files_on_disk());
    let head = "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    for body in [
        String::new(),
        "--xyz".to_owned(),
        "--xyz--\r\n".to_owned(),
        format!("{head}no end"),
        format!("{head}no end\r\n--xy"),
        format!("{head}no end\r\n--xyz"),
        "--xyz\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--xyz--\r\n".to_owned(),
        format!(
            "--xyz\r\n{}\r\n\r\nlong head\r\n--xyz--\r\n",
            "X: y".repeat(20_000)
        ),
        "no boundary at all".to_owned(),
    ] {
        let shown: String = body.chars().take(60).collect();
        let reply = site
            .raw(&multipart(&ada, body.as_bytes(), body.len()))
            .unwrap_or_else(|| panic!("no answer to {shown:?}"));
        assert!((400..500).contains(&reply.status), "{shown:?}: {reply:?}");
    }
    // Whoever hangs up in the middle leaves nothing behind.
    let request = multipart(&ada, format!("{head}half").as_bytes(), 1_000_000);
    let mut stream = TcpStream::connect(site.url().trim_start_matches("http://")).unwrap();
    stream.write_all(&request).unwrap();
    drop(stream);
    let since = std::time::Instant::now();
    while site.files_on_disk() != files && since.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
    }

    assert_eq!(site.count("File"), rows);
    assert_eq!(site.files_on_disk(), files);
}

#[test]
fn an_archive_is_kept_shut() {
    let (site, ada, _) = with_file();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["../../escaped.html", "/etc/escaped", "page.html"] {
        archive
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(b"<script>1</script>").unwrap();
    }
    let archive = archive.finish().unwrap().into_inner();
    let before = site.files_on_disk().len();

    let kept = ada.upload("all.zip", &archive, &json!({ "is_private": 1 })).ok();

    assert_eq!(site.files_on_disk().len(), before + 1);
    assert!(!site.folder().join("escaped.html").exists());
    let given = ada.get(kept.message()["file_url"].as_str().unwrap()).ok();
    assert_eq!(given.bytes, archive);
    assert_eq!(given.header("content-type"), Some("application/zip"));
    assert_eq!(given.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn a_file_above_the_limit_is_refused_and_gone() {
    let (site, ada, _) = with_file();
    site.set("System Settings", json!({ "max_file_size": 1 }));
    let (rows, files) = (site.count("File"), site.files_on_disk());

    let reply = ada.upload("big.txt", &vec![b'x'; 1024 * 1024 + 1], &json!({}));

    assert!(matches!(reply.status, 413 | 417), "{reply:?}");
    assert_eq!((site.count("File"), site.files_on_disk()), (rows, files));
}

/// What `/proc/self/status` says, in bytes.
fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Size of the large file in MiB: `HELPDESK_TEST_LARGE_FILE`, else what a quick run has the patience for.
fn large() -> u64 {
    std::env::var("HELPDESK_TEST_LARGE_FILE")
        .ok()
        .map_or(128, |size| size.parse().expect("MiB"))
        * 1024
        * 1024
}

#[test]
fn a_large_file_passes_through_without_being_held_in_memory() {
    const MOST: u64 = 32 * 1024 * 1024;
    let size = large();
    let site = TestSite::builder()
        .config(|config| {
            config.max_file_size = size + 1024 * 1024;
            config.body_timeout = 600;
        })
        .start();
    let ada = site.agent("ada@desk.example");
    // What both directions need anyhow is there before it is measured.
    let small = ada
        .upload("small.bin", &[7; 100_000], &json!({ "is_private": 1 }))
        .ok();
    ada.get(small.message()["file_url"].as_str().unwrap()).ok();
    let before = memory("VmRSS:");
    // Forgets the peak so far.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();

    let head = "--xyz\r\nContent-Disposition: form-data; name=\"is_private\"\r\n\r\n1\r\n--xyz\r\nContent-Disposition: \
                form-data; name=\"file\"; filename=\"large.bin\"\r\n\r\n";
    let tail = "\r\n--xyz--\r\n";
    let length = head.len() + usize::try_from(size).unwrap() + tail.len();
    let request = multipart(&ada, head.as_bytes(), length);
    let chunk = vec![0x5a_u8; 64 * 1024];
    let reply = site
        .raw_parts(|stream| {
            stream.write_all(&request)?;
            for _ in 0..size / chunk.len() as u64 {
                stream.write_all(&chunk)?;
            }
            stream.write_all(tail.as_bytes())
        })
        .unwrap()
        .ok();
    assert_eq!(reply.message()["file_size"], json!(size));
    let up = memory("VmHWM:").saturating_sub(before);

    let url = reply.message()["file_url"].as_str().unwrap();
    let mut stream = TcpStream::connect(site.url().trim_start_matches("http://")).unwrap();
    let request = format!(
        "GET {url} HTTP/1.1\r\nHost: a\r\nAuthorization: token {}\r\nConnection: close\r\n\r\n",
        ada.token().unwrap()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let (mut buffer, mut got) = (vec![0; 64 * 1024], 0_u64);
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            read => got += read as u64,
        }
    }
    let both = memory("VmHWM:").saturating_sub(before);

    assert!(got > size, "{got} of {size} bytes and the head");
    assert!(
        up < MOST && both < MOST,
        "{up} bytes more upwards, {both} both ways"
    );
}
