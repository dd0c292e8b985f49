//! Tests as text cases: flows, a test about them, and what is reported of it, line by line.

mod recordings;
mod schema;

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::config::Overlay;
use crate::project;

const CASES: [(&str, &str); 4] = [
    ("plays", include_str!("cases/plays.txt")),
    ("transformers", include_str!("cases/transformers.txt")),
    ("failures", include_str!("cases/failures.txt")),
    ("faults", include_str!("cases/faults.txt")),
];

/// A project folder that is removed at the end of its test.
struct Folder(PathBuf);

impl Folder {
    fn with(files: &[(String, String)]) -> Folder {
        let folder =
            Folder(std::env::temp_dir().join(format!("antiphon-rehearsal-{}", uuid::Uuid::new_v4())));
        for (name, text) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn project(&self) -> Project {
        project::load(&self.0, &Overlay::default(), &|_| None).unwrap_or_else(|error| panic!("{error}"))
    }

    fn tests(&self) -> Tests {
        read(&self.0, &|_| None)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_case_is_reported_as_it_says() {
    let mut wrong = Vec::new();
    for (file, cases) in CASES {
        for case in cases.split("=== ").skip(1) {
            let (title, body) = case.split_once('\n').unwrap();
            let (given, expected) =
                body.split_once("\nresult\n").unwrap_or_else(|| panic!("{title}: no result"));
            let reported = report(given);
            if reported.trim_end() != expected.trim_end() {
                wrong.push(format!("{file}: {title}\n{reported}\n--- instead of\n{expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The sections of a case: `flow NAME`, `script FILE`, `endpoint` (keys of its file), `test` (its steps, and further keys).
fn report(given: &str) -> String {
    let mut files: Vec<(String, String)> = vec![(
        "endpoints/web.yaml".to_owned(),
        "urlToken: 0123456789abcdef0123456789abcdef\nflow: main\n".to_owned(),
    )];
    let mut at = 0;
    for line in given.lines() {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("script", name) => files.push((format!("transformers/{name}"), String::new())),
            ("flow", name) => files.push((format!("flows/{name}.yaml"), String::new())),
            ("test", "") => files.push(("tests/case.yaml".to_owned(), "endpoint: web\nsteps:\n".to_owned())),
            ("endpoint", "") => {
                at = 0;
                continue;
            }
            _ => {
                files[at].1 += &format!("{line}\n");
                continue;
            }
        }
        at = files.len() - 1;
    }
    let folder = Folder::with(&files);
    let (project, Tests { tests, faults }) = (folder.project(), folder.tests());
    let faults = faults.iter().map(|fault| format!("fault {fault}\n"));
    let all: Vec<&Test> = tests.iter().collect();
    let results = run_all(&all, &project, 1);
    faults.chain(results.iter().map(shown)).collect::<String>().replace("tests/case.yaml:", "")
}

fn shown(failure: &Option<Failure>) -> String {
    let Some(failure) = failure else { return "passed\n".to_owned() };
    let mut lines = format!("{}: {}\n", failure.place, failure.text);
    for line in &failure.talk {
        let mark = match line.mark {
            Mark::Same | Mark::Beside => ' ',
            Mark::Expected => '-',
            Mark::Said => '+',
        };
        lines += &format!("{mark} {}\n", line.text);
    }
    lines
}

#[test]
fn many_tests_on_many_threads_come_back_in_their_order() {
    let door = "urlToken: 0123456789abcdef0123456789abcdef\nflow: main\n";
    let mut files = vec![
        ("endpoints/web.yaml".to_owned(), door.to_owned()),
        ("flows/main.yaml".to_owned(), "- say: \"{{ input.text }} {{ session.startedAt }}\"\n".to_owned()),
    ];
    for number in 0..50 {
        let said =
            if number % 7 == 0 { "wrong".to_owned() } else { format!("{number} 2026-01-05T12:00:00.000Z") };
        let text = format!("endpoint: web\nsteps:\n  - user: \"{number}\"\n  - bot: \"{said}\"\n");
        files.push((format!("tests/t{number:02}.yaml"), text));
    }
    let folder = Folder::with(&files);
    let (project, tests) = (folder.project(), folder.tests().tests);
    let tests: Vec<&Test> = tests.iter().collect();
    let results = run_all(&tests, &project, 8);
    assert_eq!(results.len(), 50);
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result.is_some(), number % 7 == 0, "{number}: {result:?}");
        let place = result.as_ref().map(|failure| failure.place.to_string());
        assert!(place.is_none_or(|place| place == format!("tests/t{number:02}.yaml:4:5")));
    }
}

#[test]
fn the_sample_project_and_a_new_one_pass_their_tests() {
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data");
    let fresh = Folder::with(&[]);
    project::init(&fresh.0, "0123456789abcdef0123456789abcdef").unwrap();
    for root in [&sample, &fresh.0] {
        let project = project::load(root, &Overlay::default(), &|_| None).unwrap();
        let Tests { tests, faults } = read(root, &|_| None);
        assert!(faults.is_empty() && !tests.is_empty(), "{faults:?}");
        let tests: Vec<&Test> = tests.iter().collect();
        let failed: Vec<String> =
            run_all(&tests, &project, 2).iter().filter(|result| result.is_some()).map(shown).collect();
        assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    }
}

/// The file that the README shows under this name, in the block of this language.
fn shown_in_readme(language: &str, name: &str) -> String {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once(&format!("```{language}\n{name}\n")).expect("the README shows it");
    rest.split_once("```").expect("the block has an end").0.to_owned()
}

#[test]
fn the_test_that_the_readme_shows_passes_with_the_transformer_that_it_is_about() {
    let door = "urlToken: 0123456789abcdef0123456789abcdef\nflow: main\n\
                transformers: { file: sms.js, input: true, output: true }\n\
                settings: { gateway: \"https://gateway.example/send\", key: k }\n";
    let script = shown_in_readme("js", "// transformers/sms.js, with input: true, output: true");
    let files = [
        ("endpoints/sms.yaml", door),
        ("flows/main.yaml", "- say: Hello\n"),
        ("transformers/sms.js", &script),
        ("tests/sms.yaml", &shown_in_readme("yaml", "# tests/sms.yaml")),
    ];
    let folder = Folder::with(&files.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let Tests { tests, faults } = folder.tests();
    assert!(faults.is_empty() && tests.len() == 1, "{faults:?}");
    let failed = &run_all(&[&tests[0]], &folder.project(), 1)[0];
    assert!(failed.is_none(), "{}", shown(failed));
}

#[test]
fn a_fault_in_a_test_file_is_told_and_keeps_no_project_from_loading() {
    let door = "urlToken: 0123456789abcdef0123456789abcdef\nflow: main\n";
    let files = [
        ("endpoints/web.yaml", door),
        ("flows/main.yaml", "- say: Hello\n"),
        ("tests/good.yaml", "endpoint: web\nsteps:\n  - user: hi\n  - bot: Hello\n"),
        ("tests/wrong.yaml", "endpoint: web\nsteps:\n  - usr: hi\n"),
        ("tests/old.yml", ""),
    ];
    let folder = Folder::with(&files.map(|(name, text)| (name.to_owned(), text.to_owned())));
    folder.project();
    let Tests { tests, faults } = folder.tests();
    assert_eq!(tests.iter().map(|test| test.name.as_str()).collect::<Vec<_>>(), ["good"]);
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "tests/old.yml:1:1: only .yaml files are read; rename it to \"old.yaml\"",
            "tests/wrong.yaml:3:5: unknown step \"usr\"; did you mean \"user\"?",
        ]
    );
}
