//! The folder of a site, and its settings: environment over `site.toml` over what is usual.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use helpdesk_core::config::Config;
use helpdesk_core::gate;
use helpdesk_core::secret;
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::{Table, Value};

use crate::http::check_proxies;
use crate::nodes;

/// Name of the file of settings in a site's folder.
const FILE: &str = "site.toml";

/// What a new site's `site.toml` says: every setting, commented out, with its usual value.
const TEMPLATE: &str = include_str!("config/site.toml");

/// Settings without a usual value; all others are keys of the default [`Config`].
const OPTIONAL: [&str; 2] = ["allow_cors", "rate_limit"];

/// A site's folder and the settings that hold for it.
#[derive(Clone, Debug)]
pub struct SiteFolder {
    /// The folder.
    pub path: PathBuf,
    /// The settings.
    pub config: Config,
    /// Whether the folder or its settings were made just now.
    pub created: bool,
}

impl SiteFolder {
    /// Opens the site in `dir`.
    ///
    /// # Errors
    /// When there is none, or a setting can't be used; the text names file or variable, and key.
    pub fn open(dir: &Path) -> anyhow::Result<SiteFolder> {
        SiteFolder::open_with(dir, |name| std::env::var(name).ok())
    }

    /// Opens the site in `dir` with the database its own file names, whatever `HELPDESK_DATABASE` says.
    ///
    /// # Errors
    /// As [`open`](SiteFolder::open).
    pub fn open_own(dir: &Path) -> anyhow::Result<SiteFolder> {
        SiteFolder::open_with(dir, |name| {
            (name != "HELPDESK_DATABASE")
                .then(|| std::env::var(name).ok())
                .flatten()
        })
    }

    fn open_with(dir: &Path, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<SiteFolder> {
        let file = dir.join(FILE);
        if !file.is_file() {
            bail!(
                "there is no site in {}: `helpdesk serve` makes one, --site names another folder",
                dir.display()
            );
        }
        let text = fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
        let config = settings(&text, &file, environment)?;
        Ok(SiteFolder {
            path: dir.to_owned(),
            config,
            created: false,
        })
    }

    /// Opens the site in `dir`, making the folder and its `site.toml` if they are missing.
    ///
    /// # Errors
    /// When the folder can't be made, or as [`open`](SiteFolder::open).
    pub fn open_or_create(dir: &Path) -> anyhow::Result<SiteFolder> {
        let file = dir.join(FILE);
        let created = !file.exists();
        if created {
            fs::create_dir_all(dir).with_context(|| format!("can't make the folder {}", dir.display()))?;
            write_new(&file).with_context(|| format!("can't write {}", file.display()))?;
        }
        Ok(SiteFolder {
            created,
            ..SiteFolder::open(dir)?
        })
    }

    /// Makes a folder for a copy of the site in `of`: with its settings, the key for stored passwords among them, but
    /// with SQLite in the folder as its database. Of no folder: with the usual settings and a key of its own.
    ///
    /// # Errors
    /// When the folder can't be made, or it has a `site.toml`.
    pub fn create_copy(dir: &Path, of: Option<&SiteFolder>) -> anyhow::Result<SiteFolder> {
        let file = dir.join(FILE);
        fs::create_dir_all(dir).with_context(|| format!("can't make the folder {}", dir.display()))?;
        match of {
            Some(of) => {
                let theirs = of.path.join(FILE);
                let text = fs::read_to_string(&theirs)
                    .with_context(|| format!("can't read {}", theirs.display()))?;
                write_private(&file, &without_database(&text))
            }
            None => write_new(&file),
        }
        .with_context(|| format!("can't write {}", file.display()))?;
        Ok(SiteFolder {
            created: true,
            ..SiteFolder::open_own(dir)?
        })
    }
}

/// The line of a `site.toml` that shuts the request gate, and the one it stands in for.
const GATE: (&str, &str) = ("block_endpoints = true", "#block_endpoints = false");

/// Shuts the request gate in the `site.toml` in `dir`, unless file or environment say something of it. Returns whether
/// it is shut by that. `site.toml` is where an operator finds it and may open it.
///
/// # Errors
/// When the file can't be read or written.
pub fn shut_gate(dir: &Path) -> anyhow::Result<bool> {
    let file = dir.join(FILE);
    let said = std::env::var_os("HELPDESK_BLOCK_ENDPOINTS").is_some();
    let text = fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
    let Some(text) = with_gate(&text).filter(|_| !said) else {
        return Ok(false);
    };
    // A new file in its place: a crash leaves the old settings or the new ones, with the key that is among them.
    let fresh = dir.join(format!("{FILE}.new"));
    let _ = fs::remove_file(&fresh);
    write_private(&fresh, &text)
        .and_then(|()| Ok(fs::rename(&fresh, &file)?))
        .with_context(|| format!("can't write {}", file.display()))?;
    Ok(true)
}

/// The text of a `site.toml` with the gate shut; `None` where it says something of it.
fn with_gate(text: &str) -> Option<String> {
    let settings: Table = toml::from_str(text).ok()?;
    if settings.contains_key("block_endpoints") {
        return None;
    }
    let (shut, usual) = GATE;
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter_mut().find(|line| **line == usual) {
        Some(line) => *line = shut,
        // In front of everything: behind the head of a table it would be a key of that.
        None => lines.insert(0, shut),
    }
    Some(format!("{}\n", lines.join("\n")))
}

/// The text of a `site.toml` without the setting `database`.
fn without_database(text: &str) -> String {
    let is_other = |line: &&str| {
        line.trim_start()
            .strip_prefix("database")
            .is_none_or(|rest| !rest.trim_start().starts_with('='))
    };
    text.split_inclusive('\n').filter(is_other).collect()
}

/// Writes the settings of a new site, for its owner's eyes only: they hold a key.
fn write_new(file: &Path) -> anyhow::Result<()> {
    write_private(file, &format!("{TEMPLATE}encryption_key = \"{}\"\n", new_key()))
}

fn write_private(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut out = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    out.write_all(text.as_bytes())?;
    Ok(())
}

/// 32 random bytes in the form Frappe keeps them in.
fn new_key() -> String {
    let digits = secret::hex(32);
    let bytes: Vec<u8> = digits
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    URL_SAFE.encode(bytes)
}

/// The settings in a `site.toml`, with those of the environment on top.
fn settings(text: &str, file: &Path, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
    let in_file = || format!("the settings in {} can't be used", file.display());
    let mut config: Config = toml::from_str(text).with_context(in_file)?;
    check(&config).with_context(in_file)?;
    let usual = table(&Config::default())?;
    let keys = usual.keys().map(String::as_str).chain(OPTIONAL);
    for key in keys {
        let variable = format!("HELPDESK_{}", key.to_ascii_uppercase());
        let Some(text) = environment(&variable) else {
            continue;
        };
        config = with(&config, key, &text, usual.get(key))
            .and_then(|config| check(&config).map(|()| config))
            .with_context(|| format!("the environment variable {variable} can't be used"))?;
    }
    Ok(config)
}

/// The settings with one replaced by a text from the environment.
fn with(config: &Config, key: &str, text: &str, usual: Option<&Value>) -> anyhow::Result<Config> {
    let mut table = table(config)?;
    let is_text = match usual {
        Some(usual) => usual.is_str(),
        None => !text.starts_with(['{', '[', '"']),
    };
    let value = if is_text {
        Value::String(text.to_owned())
    } else {
        let mut read: Table = toml::from_str(&format!("{key} = {text}"))?;
        read.remove(key).context("the value is missing")?
    };
    table.insert(key.to_owned(), value);
    Ok(Config::deserialize(table)?)
}

fn table(config: &Config) -> anyhow::Result<Table> {
    Ok(Table::try_from(config)?)
}

/// Looks at what the types don't say.
fn check(config: &Config) -> anyhow::Result<()> {
    let positive = [
        ("max_file_size", config.max_file_size),
        ("redis_timeout", config.redis_timeout),
        ("max_connections", config.max_connections as u64),
        ("max_sockets", config.max_sockets as u64),
        ("header_timeout", config.header_timeout),
        ("body_timeout", config.body_timeout),
    ];
    for (key, value) in positive {
        if value == 0 {
            bail!("`{key}` must be more than 0");
        }
    }
    if let Some(limit) = config.rate_limit
        && !(limit.limit >= 0.0 && limit.window > 0)
    {
        bail!("`rate_limit` needs a `limit` in seconds and a `window` of more than 0 seconds");
    }
    TimeZone::get(&config.time_zone)
        .with_context(|| format!("`time_zone` is no zone: {}", config.time_zone))?;
    if !config.redis_cache.is_empty()
        && let Err(text) = nodes::check_address(&config.redis_cache)
    {
        bail!("`redis_cache`: {text}");
    }
    if let Err(text) = gate::check(&config.allowed_custom_endpoints) {
        bail!("`allowed_custom_endpoints`: {text}");
    }
    if let Err(text) = check_proxies(&config.trusted_proxies) {
        bail!("`trusted_proxies`: {text}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use helpdesk_core::config::{Origins, SiteRateLimit};

    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        settings(text, Path::new("/site/site.toml"), find)
    }

    fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
        format!("{:#}", read(text, variables).unwrap_err())
    }

    #[test]
    fn the_template_names_every_setting_with_its_usual_value() {
        let uncommented: String = TEMPLATE
            .lines()
            .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')))
            .map(|line| format!("{line}\n"))
            .collect();
        let mut named: Table = toml::from_str(&uncommented).unwrap();
        for key in OPTIONAL {
            assert!(named.remove(key).is_some(), "{key}");
        }
        let mut usual = table(&Config::default()).unwrap();
        usual.remove("encryption_key");

        assert_eq!(named, usual);
    }

    #[test]
    fn a_copy_has_the_settings_of_its_site_without_the_database() {
        let text = "listen = \"0.0.0.0:80\"\n  database = \"postgres://x\"\ndatabase_is = \"no setting\"\n#database = \"\"";

        assert_eq!(
            without_database(text),
            "listen = \"0.0.0.0:80\"\ndatabase_is = \"no setting\"\n#database = \"\""
        );
    }

    #[test]
    fn the_gate_is_shut_where_nothing_is_said_of_it() {
        let shut = |text: &str| with_gate(text).map(|text| read(&text, &[]).unwrap().block_endpoints);

        assert_eq!(shut(TEMPLATE), Some(true));
        assert_eq!(shut(""), Some(true));
        assert_eq!(
            shut("listen = \"a:1\"\n[rate_limit]\nlimit = 1.0\nwindow = 1"),
            Some(true)
        );
        assert_eq!(shut("block_endpoints = false"), None);
        assert_eq!(shut("block_endpoints = true"), None);
        let text = with_gate(TEMPLATE).unwrap();
        assert_eq!(text.lines().count(), TEMPLATE.lines().count());
        assert!(refusal("allowed_custom_endpoints = [\"*\"]", &[]).contains("allowed_custom_endpoints"));
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let text = "listen = \"0.0.0.0:80\"\nmax_file_size = 10";
        let config = read(
            text,
            &[
                ("HELPDESK_MAX_FILE_SIZE", "20"),
                ("HELPDESK_DATABASE", "postgres://x"),
            ],
        )
        .unwrap();

        assert_eq!(
            (&*config.listen, config.max_file_size, &*config.database),
            ("0.0.0.0:80", 20, "postgres://x")
        );
    }

    #[test]
    fn optional_settings_come_as_text_or_as_toml() {
        let variables = [
            ("HELPDESK_ALLOW_CORS", "*"),
            ("HELPDESK_RATE_LIMIT", "{ limit = 600, window = 60 }"),
        ];
        let config = read("", &variables).unwrap();

        assert_eq!(config.allow_cors, Some(Origins::One("*".to_owned())));
        assert_eq!(
            config.rate_limit,
            Some(SiteRateLimit {
                limit: 600.0,
                window: 60
            })
        );
        let config = read("", &[("HELPDESK_ALLOW_CORS", r#"["http://a.example"]"#)]).unwrap();
        assert_eq!(
            config.allow_cors,
            Some(Origins::Many(vec!["http://a.example".to_owned()]))
        );
    }

    #[test]
    fn an_error_names_place_and_key() {
        let error = refusal("max_file_size = \"x\"", &[]);
        assert!(
            error.contains("/site/site.toml") && error.contains("max_file_size"),
            "{error}"
        );
        let error = refusal("max_file_sise = 1", &[]);
        assert!(
            error.contains("max_file_sise") && error.contains("expected one of"),
            "{error}"
        );
        let error = refusal("time_zone = \"Mars/Base\"", &[]);
        assert!(
            error.contains("time_zone") && error.contains("Mars/Base"),
            "{error}"
        );
        let error = refusal("trusted_proxies = [\"10.0.0.0/40\"]", &[]);
        assert!(error.contains("trusted_proxies"), "{error}");
        let error = refusal("", &[("HELPDESK_POOL_SIZE", "many")]);
        assert!(error.contains("HELPDESK_POOL_SIZE"), "{error}");
        let error = refusal("", &[("HELPDESK_BODY_TIMEOUT", "0")]);
        assert!(error.contains("HELPDESK_BODY_TIMEOUT"), "{error}");
    }

    #[test]
    fn a_new_site_gets_settings_and_a_key_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/site");

        assert!(format!("{:#}", SiteFolder::open(&path).unwrap_err()).contains("no site"));
        let first = SiteFolder::open_or_create(&path).unwrap();
        let second = SiteFolder::open_or_create(&path).unwrap();

        assert!(first.created && !second.created);
        assert_eq!(first.config.encryption_key.len(), 44);
        assert_eq!(first.config, second.config);
    }
}
