//! Scripts hidden in HTML, and what finds them there.

/// What browsers have been made to run.
const BASES: [&str; 31] = [
    "<script>alert(1)</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc=\"&lt;script&gt;alert(1)&lt;/script&gt;\"></iframe>",
    "<object data=\"javascript:alert(1)\"></object>",
    "<embed src=\"data:text/html,x\">",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" java&#9;script:alert(1)\">x</a>",
    "<a href=\"&#106;avascript&#58;alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\">x</a>",
    "<form action=\"javascript:alert(1)\"><button>x</button></form>",
    "<button formaction=\"javascript:alert(1)\">x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video src=x onerror=alert(1)></video>",
    "<audio src=x onloadstart=alert(1)></audio>",
    "<body onload=alert(1)>",
    "<link rel=stylesheet href=\"//evil.example/x.css\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<base href=\"//evil.example/\">",
    "<style>@import '//evil.example/x.css';</style>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<p style=\"width:expression(alert(1))\">x</p>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
];

/// Each base as it is, in capitals, after what ends an attribute, after an open tag, and as JSON.
pub(super) fn vectors() -> Vec<String> {
    BASES
        .iter()
        .flat_map(|base| {
            [
                (*base).to_owned(),
                in_capitals(base),
                format!("\"'><b>{base}"),
                format!("<p title=x>{base}<p"),
                format!("[{}]", serde_json::Value::from(base.replace('"', "'"))),
            ]
        })
        .collect()
}

/// The names of tags in capitals, with odd signs between attributes.
fn in_capitals(base: &str) -> String {
    let mut out = String::new();
    let mut in_name = false;
    for c in base.chars() {
        match c {
            '<' => in_name = true,
            c if in_name && (c.is_ascii_alphanumeric() || c == '/') => {
                out.push(c.to_ascii_uppercase());
                continue;
            }
            ' ' if in_name => {
                out.push_str("\n/ ");
                in_name = false;
                continue;
            }
            _ => in_name = false,
        }
        out.push(c);
    }
    out
}

/// Tags that run, load or send something.
const TAGS: [&str; 17] = [
    "script", "svg", "math", "iframe", "object", "embed", "form", "button", "input", "body", "link", "meta",
    "base", "style", "template", "noscript", "frame",
];

/// The first thing in a text that would run were it shown as HTML.
pub(super) fn running(html: &str) -> Option<String> {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let name = rest[..length].to_ascii_lowercase();
        if name.is_empty() {
            continue;
        }
        if TAGS.contains(&name.as_str()) {
            return Some(name);
        }
        if let Some(found) = attributes(&rest[length..])
            .into_iter()
            .find(|(key, value)| runs(&name, key, value))
        {
            return Some(format!("{name} {}={}", found.0, found.1));
        }
    }
    None
}

fn runs(tag: &str, key: &str, value: &str) -> bool {
    let value: String = decoded(value)
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .flat_map(char::to_lowercase)
        .collect();
    if key.starts_with("on") {
        return true;
    }
    if key == "style" {
        return ["javascript:", "expression(", "@import", "-moz-binding"]
            .iter()
            .any(|word| value.contains(word));
    }
    if !matches!(
        key,
        "href" | "src" | "action" | "formaction" | "data" | "xlink:href" | "srcdoc" | "cite" | "poster"
    ) {
        return false;
    }
    value.starts_with("javascript:")
        || value.starts_with("vbscript:")
        || value.starts_with("data:text")
        || value.starts_with("data:") && tag == "a"
        || value.starts_with("data:image/svg")
}

/// The attributes of a tag that opened, as browsers read them.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return found;
        }
        let length = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| c.is_whitespace() || matches!(c, '=' | '>' | '/'))
            .map_or(rest.len(), |(at, _)| at);
        let key = rest[..length].to_ascii_lowercase();
        rest = rest[length..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            found.push((key, String::new()));
            continue;
        };
        let value = value.trim_start();
        let (text, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = &value[1..];
                let end = inner.find(quote).unwrap_or(inner.len());
                (&inner[..end], inner.get(end + 1..).unwrap_or(""))
            }
            _ => {
                let end = value
                    .find(|c: char| c.is_whitespace() || c == '>')
                    .unwrap_or(value.len());
                (&value[..end], &value[end..])
            }
        };
        found.push((key, text.to_owned()));
        rest = after;
    }
}

/// Numbered entities, and the few named ones that hide addresses.
fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';');
        let sign = end.and_then(|end| match &rest[1..end] {
            "amp" => Some('&'),
            "colon" => Some(':'),
            "Tab" => Some('\t'),
            "NewLine" => Some('\n'),
            "quot" => Some('"'),
            number => {
                let digits = number.strip_prefix('#')?;
                let code = match digits.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => digits.parse().ok()?,
                };
                char::from_u32(code)
            }
        });
        if let (Some(sign), Some(end)) = (sign, end) {
            out.push(sign);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}
