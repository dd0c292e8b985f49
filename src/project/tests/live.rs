//! A project that is replaced while it runs.

use super::*;

const OTHER_TOKEN: &str = "ffffffffffffffffffffffffffffffff";

fn live(folder: &Folder) -> Live {
    let root = folder.0.clone();
    Live::open(move || load(&root, &Overlay::default(), &|_| None)).unwrap()
}

fn write(folder: &Folder, name: &str, text: &str) {
    fs::write(folder.0.join(name), text).unwrap();
}

fn reload(live: &Live) -> Result<Change, LoadError> {
    live.reload(|_| Ok(()))
}

fn change(flows: &[&str], endpoints: &[&str], restart_for: &[&'static str]) -> Change {
    let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
    let (flows, endpoints, restart_for) = (owned(flows), owned(endpoints), restart_for.to_vec());
    Change { changed: true, flows, endpoints, restart_for }
}

#[test]
fn a_folder_that_reads_the_same_changes_nothing() {
    let folder = endpoint("");
    let live = live(&folder);
    let before = live.current();
    write(&folder, "antiphon.yaml", "# a comment, and a file that no flow names");
    write(&folder, "notes.txt", "x");
    assert_eq!(reload(&live).unwrap(), Change::default());
    assert!(Arc::ptr_eq(&live.current(), &before));
}

#[test]
fn an_edited_flow_is_taken_over_and_whoever_holds_the_old_version_keeps_it() {
    let folder = endpoint("");
    let live = live(&folder);
    let before = live.current();
    write(&folder, "flows/main.yaml", "- say: Good day\n");
    assert_eq!(reload(&live).unwrap(), change(&["main"], &[], &[]));
    let after = live.current();
    let (old, new) = (&before.endpoints["web"].program, &after.endpoints["web"].program);
    assert_ne!(old.hash, new.hash);
    assert_eq!(old.source.sources["main"], FLOW);
    assert!(after.program(&old.hash).is_none() && after.program(&new.hash).is_some());
}

#[test]
fn endpoints_that_changed_came_or_went_are_named() {
    let folder = endpoint("");
    let live = live(&folder);
    let other = format!("urlToken: {OTHER_TOKEN}\nflow: main\n");
    write(&folder, "endpoints/kiosk.yaml", &other);
    assert_eq!(reload(&live).unwrap(), change(&[], &["kiosk"], &[]));
    assert_eq!(live.current().by_token(OTHER_TOKEN).unwrap().name, "kiosk");
    write(&folder, "endpoints/kiosk.yaml", &format!("{other}locale: de-DE\n"));
    assert_eq!(reload(&live).unwrap(), change(&[], &["kiosk"], &[]));
    assert_eq!(live.current().endpoints["kiosk"].door.locale, "de-DE");
    fs::remove_file(folder.0.join("endpoints/kiosk.yaml")).unwrap();
    assert_eq!(reload(&live).unwrap(), change(&[], &["kiosk"], &[]));
    assert!(live.current().by_token(OTHER_TOKEN).is_none());
}

#[test]
fn an_edited_transformer_is_a_change_of_the_endpoints_that_use_it() {
    let folder = endpoint("transformers: { file: shop.js, input: true }");
    let live = live(&folder);
    write(&folder, "transformers/other.js", SCRIPT);
    assert_eq!(reload(&live).unwrap(), Change::default());
    write(&folder, "transformers/shop.js", &format!("{SCRIPT}// edited"));
    assert_eq!(reload(&live).unwrap(), change(&[], &["web"], &[]));
}

#[test]
fn a_fault_keeps_what_ran_also_in_a_flow_that_no_endpoint_names() {
    let folder = endpoint("");
    let live = live(&folder);
    let before = live.current();
    write(&folder, "flows/main.yaml", "- say: Good day\n");
    write(&folder, "flows/unused.yaml", "- sey: x\n");
    let error = reload(&live).unwrap_err().to_string();
    assert!(error.starts_with("flows/unused.yaml:1:3: "), "{error}");
    assert!(Arc::ptr_eq(&live.current(), &before));
}

#[test]
fn a_limit_is_taken_over_and_a_setting_that_needs_a_restart_is_named_each_time_and_kept() {
    let folder = endpoint("");
    let live = live(&folder);
    write(&folder, "antiphon.yaml", "workers: 3\nlimits: { stepsPerInput: 7, cacheBytes: 2000000 }");
    assert_eq!(reload(&live).unwrap(), change(&[], &[], &["workers", "limits.cacheBytes"]));
    let now = live.current();
    assert_eq!((now.bounds.steps_max, now.settings.limits.steps_per_input), (7, 7));
    assert_eq!((now.settings.workers, now.settings.limits.cache_bytes), (0, 128 << 20));
    let again = reload(&live).unwrap();
    assert_eq!((again.changed, again.restart_for), (false, vec!["workers", "limits.cacheBytes"]));
}

#[test]
fn what_cannot_be_kept_first_is_not_taken_over() {
    let folder = endpoint("");
    let live = live(&folder);
    let before = live.current();
    write(&folder, "flows/main.yaml", "- say: Good day\n");
    let refused = live.reload(|next: &Project| {
        assert_eq!(live.current().programs["main"].hash, before.programs["main"].hash);
        assert_ne!(next.programs["main"].hash, before.programs["main"].hash);
        Err(LoadError::Faults(Vec::new()))
    });
    assert!(refused.is_err());
    assert!(Arc::ptr_eq(&live.current(), &before));
    assert!(reload(&live).unwrap().changed);
}

#[test]
fn nobody_replaces_a_project_while_another_does_or_while_it_is_held() {
    let folder = endpoint("");
    let live = live(&folder);
    let alone = || assert!(live.replacing.try_lock().is_err());
    live.hold(|_| alone());
    write(&folder, "flows/main.yaml", "- say: Good day\n");
    let reloaded = live.reload(|_| {
        alone();
        Ok::<_, LoadError>(())
    });
    assert!(reloaded.unwrap().changed);
    assert!(live.replacing.try_lock().is_ok());
}
