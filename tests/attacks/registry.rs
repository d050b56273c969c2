//! The registry: what it keeps, and what others may have put there.

use std::{fs, path::Path};

use reveille::{
    bundle::{Bundle, ModelRef, Registry, from_bytes, to_bytes},
    error::Kind,
    units::{Day, Seed},
};

use super::sample;

fn seeded(seed: u64) -> Bundle {
    Bundle { seed: Seed(seed), ..sample::bundle() }
}

fn reference(text: &str) -> ModelRef {
    ModelRef::parse(text).unwrap()
}

#[test]
fn a_saved_model_is_found_by_name_version_digest_and_path() {
    let root = tempfile::tempdir().unwrap();
    let registry = Registry::open(root.path());
    assert!(registry.list().unwrap().is_empty());
    let old = registry.save(&seeded(1), "card", "{}").unwrap();
    let undated = registry.save(&Bundle { as_of: None, ..seeded(2) }, "card", "{}").unwrap();
    let new = registry.save(&seeded(3), "card", "{}").unwrap();
    assert!(undated.version.as_str().starts_with("undated-"));
    let loaded = registry.load(&reference("retail")).unwrap();
    assert_eq!((loaded.version, loaded.bundle), (new.version.clone(), seeded(3)));
    for text in [
        format!("retail@{}", old.version),
        format!("retail@{}", old.version.digest()),
        format!("retail@{}", &old.version.digest()[..6]),
        old.folder.display().to_string(),
        old.folder.join("model.bundle").display().to_string(),
    ] {
        let loaded = registry.load(&reference(&text)).unwrap();
        assert_eq!((loaded.version, loaded.bundle.seed), (old.version.clone(), Seed(1)), "{text}");
    }
    let listed = registry.list().unwrap();
    assert_eq!(listed.len(), 3);
    let current: Vec<_> = listed.iter().filter(|l| l.current).map(|l| &l.version).collect();
    assert_eq!(current, [&new.version]);
    assert_eq!(listed[0].as_of, Day::from_ymd(2026, 3, 31));
    assert!(registry.verify().unwrap().iter().all(|v| v.faults.is_empty()));
    // Several versions have this date.
    let error = registry.load(&reference("retail@2026-03-31")).unwrap_err();
    assert_eq!(error.kind(), Kind::NoModel);
    assert!(error.hint().contains(old.version.as_str()), "{}", error.hint());
}

#[test]
fn saving_again_changes_nothing_and_mends_what_was_damaged() {
    let root = tempfile::tempdir().unwrap();
    let registry = Registry::open(root.path().join("not/yet/there"));
    let first = registry.save(&seeded(1), "card", "{}").unwrap();
    let file = first.folder.join("model.bundle");
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(registry.save(&seeded(1), "card", "{}").unwrap(), first);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
    fs::write(&file, "damaged").unwrap();
    fs::remove_file(first.folder.join("card.md")).unwrap();
    registry.save(&seeded(1), "卡", "{}").unwrap();
    assert_eq!(registry.load(&reference("retail")).unwrap().bundle, seeded(1));
    assert_eq!(fs::read_to_string(first.folder.join("card.md")).unwrap(), "卡");
}

#[test]
fn what_is_not_there_is_answered_with_what_is_nearest() {
    let root = tempfile::tempdir().unwrap();
    let registry = Registry::open(root.path());
    assert_eq!(registry.load(&reference("retail")).unwrap_err().kind(), Kind::NoModel);
    registry.save(&seeded(1), "card", "{}").unwrap();
    let error = registry.load(&reference("retial")).unwrap_err();
    assert_eq!((error.kind(), error.hint()), (Kind::NoModel, "did you mean retail?"));
    let error = registry.load(&reference("retail@ffffffffffff")).unwrap_err();
    assert!(error.kind() == Kind::NoModel && error.hint().contains("retail@2026-03-31-"));
    let error = registry.load(&reference("./retail.bundle")).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[test]
fn names_that_leave_the_registry_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let registry = Registry::open(root.path().join("models"));
    let saved = registry.save(&seeded(1), "card", "{}").unwrap();
    for name in ["retail@../../x", "retail@..", "retail@a/b", "retail@", "a b", "RETAIL"] {
        assert_eq!(ModelRef::parse(name).unwrap_err().kind(), Kind::BadName, "{name}");
    }
    // A `current` that points elsewhere is not followed.
    fs::create_dir_all(root.path().join("x")).unwrap();
    fs::copy(saved.folder.join("model.bundle"), root.path().join("x/model.bundle")).unwrap();
    for line in ["../../x\n", "/etc\n", "", "\n", "..\n", "undated-000000000000\n"] {
        fs::write(root.path().join("models/retail/current"), line).unwrap();
        let error = registry.load(&reference("retail")).unwrap_err();
        assert_eq!(error.kind(), Kind::NoModel, "{line:?}");
        assert!(error.hint().contains(saved.version.as_str()));
        assert!(!registry.list().unwrap()[0].current);
        assert!(registry.verify().unwrap().iter().any(|v| !v.faults.is_empty()));
    }
}

#[test]
fn verify_finds_what_was_changed() {
    let faults = |harm: &dyn Fn(&Path)| {
        let root = tempfile::tempdir().unwrap();
        let registry = Registry::open(root.path());
        let saved = registry.save(&seeded(1), "card", "{}").unwrap();
        harm(&saved.folder);
        let all = registry.verify().unwrap().into_iter().flat_map(|verified| verified.faults);
        all.map(|fault| fault.what().to_owned()).collect::<Vec<_>>()
    };
    let other = to_bytes(&seeded(9)).unwrap();
    assert_eq!(faults(&|_| ()), Vec::<String>::new());
    let one = |harm: &dyn Fn(&Path)| {
        let found = faults(harm);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    assert!(one(&|f| fs::remove_file(f.join("card.md")).unwrap()).contains("no such file"));
    assert!(one(&|f| fs::write(f.join("card.md"), " ").unwrap()).contains("empty"));
    assert!(one(&|f| fs::write(f.join("metrics.json"), "{").unwrap()).contains("not JSON"));
    assert!(one(&|f| fs::write(f.join("model.bundle"), &other).unwrap()).contains("its folder"));
    assert!(one(&|f| fs::write(f.join("model.bundle"), &other[..99]).unwrap()).contains("cut off"));
    assert!(one(&|f| fs::create_dir(f.with_file_name(".x.1-0.tmp")).unwrap()).contains("stopped"));
    let moved = |f: &Path| {
        let copy = f.parent().unwrap().with_file_name("renamed");
        fs::rename(f.parent().unwrap(), copy).unwrap();
    };
    assert!(one(&moved).contains("its folder"));
}

#[test]
fn a_model_under_another_name_or_version_is_not_used() {
    let root = tempfile::tempdir().unwrap();
    let registry = Registry::open(root.path());
    let saved = registry.save(&seeded(1), "card", "{}").unwrap();
    fs::write(saved.folder.join("model.bundle"), to_bytes(&seeded(9)).unwrap()).unwrap();
    let error = registry.load(&reference("retail")).unwrap_err();
    assert_eq!(error.kind(), Kind::BadBundle);
    assert!(error.to_string().contains("model.bundle"), "{error}");
    // By its path it is what it is.
    let path = saved.folder.join("model.bundle").display().to_string();
    assert_eq!(registry.load(&reference(&path)).unwrap().bundle, seeded(9));
    assert!(from_bytes(&fs::read(path).unwrap()).is_ok());
}
