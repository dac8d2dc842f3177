//! `helpdesk import`.

use super::Desk;

/// A site with the records of a new one.
fn furnished() -> Desk {
    let desk = Desk::new();
    desk.run_with(&["load", "-"], FURNITURE);
    desk
}

/// What a site needs for documents to be made in it.
const FURNITURE: &str = r#"{"doctype": "Role", "doc": {"name": "System Manager", "role_name": "System Manager", "desk_access": 1}}
{"doctype": "User", "doc": {"name": "Administrator", "email": "admin@desk.example", "first_name": "Administrator", "enabled": 1, "user_type": "System User"}}
{"doctype": "User", "doc": {"name": "ada@desk.example", "email": "ada@desk.example", "first_name": "Ada", "enabled": 1, "user_type": "System User"}}
"#;

#[test]
fn a_file_is_tried_imported_and_changed() {
    let desk = furnished();
    let file = desk.dir.path().join("types.csv");
    std::fs::write(
        &file,
        "ID;Description;Colour\nRefund;\"a; b\";red\nOdd;'=1+1;\nRefund;again;\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let count = || {
        let counted = desk.run(&[
            "call",
            "frappe.client.get_count",
            "--get",
            "--args",
            "{\"doctype\": \"HD Ticket Type\"}",
        ]);
        counted.out.trim().parse::<u64>().unwrap()
    };
    let import = |more: &[&str]| {
        let mut args = vec!["import", "--doctype", "HD Ticket Type", file];
        args.extend(more);
        desk.run(&args)
    };

    let tried = import(&["--dry-run"]);
    assert_eq!((tried.code, count()), (Some(1), 0), "{tried:?}");
    assert_eq!(tried.out, "2 would be imported, 1 with errors\n");
    assert!(
        tried
            .err
            .contains("Column 3 (Colour) is no field of HD Ticket Type"),
        "{tried:?}"
    );

    let refused = import(&["--all-or-nothing"]);
    assert_eq!((refused.code, count()), (Some(1), 0), "{refused:?}");
    assert_eq!(refused.out, "0 imported, 1 with errors\n");

    let imported = import(&[]);
    assert_eq!((imported.code, count()), (Some(1), 2), "{imported:?}");
    let errors = desk.dir.path().join("types.errors.csv");
    assert!(imported.err.contains("types.errors.csv"), "{imported:?}");
    assert_eq!(
        std::fs::read_to_string(&errors).unwrap(),
        "ID,Description,Colour,Error\nRefund,again,,Refund stands in line 2 already\n"
    );

    // The mended rows can be imported as they are.
    let changed = desk.run(&[
        "import",
        "--doctype",
        "HD Ticket Type",
        errors.to_str().unwrap(),
        "--update",
    ]);
    assert_eq!(changed.code, Some(0), "{changed:?}");
    assert_eq!(changed.out, "1 changed, 0 with errors\n");
    let shown = desk.run(&[
        "call",
        "frappe.client.get_value",
        "--get",
        "--args",
        "{\"doctype\": \"HD Ticket Type\", \"filters\": \"Refund\", \"fieldname\": \"description\"}",
    ]);
    assert!(shown.out.contains("again"), "{shown:?}");
}

#[test]
fn an_import_is_refused_without_rights_or_a_file() {
    let desk = furnished();
    let file = desk.dir.path().join("types.csv");
    std::fs::write(&file, "ID,Description\nX,y\n").unwrap();
    let file = file.to_str().unwrap();
    for (args, told) in [
        (vec!["--doctype", "HD Ticket Type", "/nothing.csv"], "can't read"),
        (vec!["--doctype", "Nothing", file], "Nothing"),
        (
            vec!["--doctype", "HD Ticket Type", file, "--user", "ada@desk.example"],
            "not allowed to import",
        ),
        (
            vec!["--doctype", "HD Ticket Type", file, "--user", "nobody"],
            "no enabled user",
        ),
    ] {
        let mut all = vec!["import"];
        all.extend(args);
        let refused = desk.run(&all);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(told), "{told}: {refused:?}");
    }
    assert!(!desk.dir.path().join("types.errors.csv").exists());
}
