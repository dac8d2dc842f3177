//! Passwords are kept apart, encrypted; documents hold asterisks.

use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Kind, Query};
use helpdesk_core::doctype::{passwords, save, storage};
use serde_json::json;

use crate::harness::databases;

fn column(cx: &mut Cx) -> serde_json::Value {
    storage::values(cx, "Deal", "A", &["token"])
        .unwrap()
        .unwrap()
        .remove(0)
}

fn kept(cx: &mut Cx) -> Vec<String> {
    let mut query = Query::new();
    query.sql("SELECT password FROM ").ident("__Auth");
    let rows = cx.db().rows(query, &[Kind::Text]).unwrap();
    rows.iter()
        .map(|row| row[0].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_password_is_encrypted_kept_changed_and_removed() {
    for desk in databases() {
        let made = desk.make("Deal", json!({"name": "A", "token": "se<cr>et"}));
        assert_eq!(made.text("token"), "********");
        let change = |token: &str| {
            desk.admin(|cx| {
                let meta = cx.site().meta("Deal").unwrap();
                save::update(cx, &meta, "A", json!({"token": token}).as_object().unwrap())
            })
            .unwrap()
        };
        let clear = || desk.admin(|cx| passwords::get(cx, "Deal", "A", "token")).unwrap();

        assert_eq!(clear().as_deref(), Some("se<cr>et"));
        desk.admin(|cx| {
            assert_eq!(column(cx), "********");
            assert!(!kept(cx)[0].contains("se<cr>et"));
            Ok(())
        })
        .unwrap();

        assert_eq!(change("***").text("token"), "********");
        assert_eq!(clear().as_deref(), Some("se<cr>et"));

        assert_eq!(change("new").text("token"), "***");
        assert_eq!(clear().as_deref(), Some("new"));

        change("");
        assert_eq!(clear(), None);

        change("again");
        desk.admin(|cx| {
            let meta = cx.site().meta("Deal").unwrap();
            save::delete(cx, &meta, "A")?;
            assert_eq!(kept(cx), Vec::<String>::new());
            Ok(())
        })
        .unwrap();
    }
}
