//! Tests of scopes: how they are parsed, and which of them overlap.

use proptest::prelude::*;
use quarterdeck_core::scope::{BadScope, Mode, RepositoryPath, Resource, Resources, SCOPE_BYTES_MAX, Scope, Want};

fn resources() -> Resources {
    let gpu = Resource { capacity: 1, first: None };
    let port = Resource { capacity: 100, first: Some(4_000) };
    Resources::from([("gpu".to_owned(), gpu), ("port".to_owned(), port)])
}

fn path(text: &str) -> Scope {
    Scope::Path(RepositoryPath::parse(text).expect("a path"))
}

#[test]
fn a_path_is_normalised() {
    let same = [
        ("src", "src"),
        ("./src/", "src"),
        ("src//parser/./lexer.rs", "src/parser/lexer.rs"),
        ("src/**", "src"),
        (".", "."),
        ("./", "."),
        ("**", "."),
        ("./**", "."),
        ("app/[id]/{a}.tsx", "app/[id]/{a}.tsx"),
        ("a b/ü", "a b/ü"),
    ];
    for (text, normal) in same {
        assert_eq!(RepositoryPath::parse(text).as_ref().map(RepositoryPath::as_str), Ok(normal), "{text}");
    }
}

#[test]
fn what_is_no_scope_says_why() {
    let too_long = "a".repeat(SCOPE_BYTES_MAX + 1);
    let refused = [
        ("", BadScope::Empty),
        ("  ", BadScope::Empty),
        ("/etc/passwd", BadScope::Absolute),
        ("..", BadScope::Upwards),
        ("src/../../etc", BadScope::Upwards),
        ("src/../docs", BadScope::Upwards),
        ("src/*", BadScope::Pattern),
        ("**/*.rs", BadScope::Pattern),
        ("src/?.rs", BadScope::Pattern),
        ("a\nb", BadScope::ControlCharacter),
        ("a\0", BadScope::ControlCharacter),
        (too_long.as_str(), BadScope::TooLong { bytes_max: SCOPE_BYTES_MAX as u32 }),
    ];
    for (text, why) in refused {
        assert_eq!(Scope::parse(text, &resources()), Err(why), "{text}");
    }
}

#[test]
fn a_configured_name_is_a_resource_and_a_path_can_still_be_meant() {
    assert_eq!(Scope::parse("gpu", &resources()), Ok(Scope::Resource("gpu".into())));
    assert_eq!(Scope::parse("./gpu", &resources()), Ok(path("gpu")));
    assert_eq!(Scope::parse("gpu/", &resources()), Ok(path("gpu")));
    assert_eq!(path("gpu").written(&resources()), "./gpu");
    assert_eq!(Want::parse("gpu", Mode::Shared, &resources()), Err(BadScope::SharedResource));
    assert_eq!(Want::parse_with_mode("shared:gpu", &resources()), Err(BadScope::SharedResource));
    let docs = Want { scope: path("docs"), mode: Mode::Shared };
    assert_eq!(Want::parse_with_mode("shared:docs/", &resources()), Ok(docs));
}

#[test]
fn units_have_the_numbers_of_their_resource() {
    let of = |name: &str| resources()[name].units();
    assert_eq!((of("gpu"), of("port")), (0..1, 4_000..4_100));
}

#[test]
fn a_path_meets_what_lies_beneath_it_and_not_its_neighbours() {
    let meets = [("src", "src/parser/lexer.rs"), (".", "src"), (".", "."), ("src", "src")];
    let apart = [("src", "srcs"), ("src/a", "src/b"), ("src/parser", "src/parser.rs")];
    for (one, other) in meets {
        assert!(path(one).overlaps(&path(other)) && path(other).overlaps(&path(one)), "{one} {other}");
        assert!(path(one).covers(&path(other)));
    }
    for (one, other) in apart {
        assert!(!path(one).overlaps(&path(other)) && !path(other).overlaps(&path(one)), "{one} {other}");
    }
    assert!(!path("gpu").overlaps(&Scope::Resource("gpu".into())));
}

fn component() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "ab", "a.rs", ".hidden", "a-b"]).prop_map(str::to_owned)
}

fn components() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(component(), 0..5)
}

/// Returns the same path, written in another way.
fn written(components: &[String], dots: bool, slash: bool) -> String {
    let separator = if dots { "/./" } else { "//" };
    let end = if slash { "/" } else { "/**" };
    format!("./{}{end}", components.join(separator))
}

proptest! {
    #[test]
    fn reading_never_panics_and_gives_what_it_reads_again(text in any::<String>()) {
        if let Ok(scope) = Scope::parse(&text, &resources()) {
            prop_assert_eq!(Scope::parse(&scope.written(&resources()), &resources()), Ok(scope.clone()));
            prop_assert!(scope.overlaps(&scope) && scope.covers(&scope));
        }
        let _ = Want::parse_with_mode(&text, &resources());
    }

    #[test]
    fn nothing_that_is_read_leaves_the_repository(text in "[./a*]{0,12}") {
        if let Ok(path) = RepositoryPath::parse(&text) {
            prop_assert!(!path.as_str().starts_with('/'));
            prop_assert!(path.as_str().split('/').all(|component| component != ".." && !component.is_empty()));
            prop_assert!(path.as_str() == "." || path.as_str().split('/').all(|component| component != "."));
        }
    }

    #[test]
    fn however_it_is_written_it_is_the_same_path(components in components(), dots: bool, slash: bool) {
        let plain = if components.is_empty() { ".".to_owned() } else { components.join("/") };
        prop_assert_eq!(path(&written(&components, dots, slash)), path(&plain));
    }

    #[test]
    fn two_paths_meet_where_the_components_of_one_begin_the_other(one in components(), other in components()) {
        let (text, other_text) = (written(&one, true, true), written(&other, false, true));
        let begins = other.starts_with(&one) || one.starts_with(&other);
        prop_assert_eq!(path(&text).overlaps(&path(&other_text)), begins);
        prop_assert_eq!(path(&text).covers(&path(&other_text)), other.starts_with(&one));
    }
}
