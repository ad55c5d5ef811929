//! Byte streams as programs and attackers write them.

use proptest::prelude::*;

/// Sequences and text that the emulator knows, with sane and insane parameters, mixed with plain noise.
pub(crate) fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-z ]{1,12}".prop_map(String::into_bytes),
        2 => "(日本|é|e\u{301}|🚢|👨\u{200d}👩|⚓\u{fe0f}|⚠\u{fe0f}|⌚\u{fe0e}|☝|\u{1f3fd}|\u{200d}|\u{fe0f}|🇩|\u{301}|中){1,4}".prop_map(String::into_bytes),
        2 => prop::sample::select(vec!["\r", "\n", "\r\n", "\t", "\x08", "\x07", "\x0e", "\x0f", "\x18"])
            .prop_map(|text| text.as_bytes().to_vec()),
        6 => control(),
        2 => prop::sample::select(ESCAPES.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        2 => mode(),
        1 => prop::sample::select(STRINGS.to_vec()).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

const ESCAPES: [&str; 17] = [
    "\x1b7", "\x1b8", "\x1bM", "\x1bD", "\x1bE", "\x1bH", "\x1bc", "\x1b=", "\x1b>", "\x1b(0", "\x1b(B", "\x1b)0",
    "\x1b)B", "\x1b#8", "\x1b[!p", "\x1b", "\x1b\x1b",
];

const STRINGS: [&[u8]; 16] = [
    b"\x1b]0;title\x07",
    b"\x1b]2;other title\x1b\\",
    b"\x1b]8;;https://example.org\x1b\\",
    b"\x1b]8;id=1;https://example.org\x07",
    b"\x1b]8;;\x07",
    b"\x1b]4;1;#ff0000\x07",
    b"\x1b]11;?\x1b\\",
    b"\x1b]9;note\x07",
    b"\x1b]9;4;1;50\x1b\\",
    b"\x1bP+q544e\x1b\\",
    b"\x1bPq#0;2;0\x1b\\",
    b"\x1b_Gf=100;AAAA\x1b\\",
    b"\x1b]52;c;AAAA\x07",
    b"\x1b[?2026h",
    b"\x1b[?2026l",
    b"\x1b[>q",
];

pub(crate) fn control() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![Just(String::new()), (0_u16..12).prop_map(|n| n.to_string()), Just("65535".to_owned())];
    // REP is left with small numbers: 65,535 characters each time make the test slow and find nothing more.
    let finals = "ABCDEFGHIJKLMPSTXZ@adefgmnrsu`";
    let any = (prop::collection::vec(number, 0..4), prop::sample::select(finals.chars().collect::<Vec<_>>()))
        .prop_map(|(numbers, last)| format!("\x1b[{}{last}", numbers.join(";")));
    let pens = prop::sample::select(vec![
        "\x1b[1;31m",
        "\x1b[0m",
        "\x1b[48;5;200m",
        "\x1b[38;2;1;2;3m",
        "\x1b[7m",
        "\x1b[4:3m",
        "\x1b[58;5;3m",
        "\x1b[44m",
        "\x1b[m",
        "\x1b[3b",
        "\x1b[2 q",
        "\x1b[6 q",
        "\x1b[>1u",
        "\x1b[>5u",
        "\x1b[<u",
        "\x1b[=3u",
        "\x1b[?u",
        "\x1b[22t",
        "\x1b[23t",
        "\x1b[18t",
        "\x1b[16t",
        "\x1b[c",
        "\x1b[6n",
        "\x1b[3g",
        "\x1b[5W",
    ]);
    prop_oneof![any, pens.prop_map(str::to_owned)].prop_map(String::into_bytes)
}

pub(crate) fn mode() -> impl Strategy<Value = Vec<u8>> {
    let private =
        [1, 3, 6, 7, 12, 25, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1042, 1047, 1048, 1049, 2004, 2026, 9999];
    let private = (prop::sample::select(private.to_vec()), prop::sample::select(vec!["h", "l", "$p"]))
        .prop_map(|(mode, last)| format!("\x1b[?{mode}{last}"));
    let ansi = prop::sample::select(vec!["\x1b[4h", "\x1b[4l", "\x1b[20h", "\x1b[20l", "\x1b[4$p"]);
    let alternate = prop::sample::select(vec!["\x1b[?1049h", "\x1b[?1049l"]);
    prop_oneof![3 => private, 1 => ansi.prop_map(str::to_owned), 1 => alternate.prop_map(str::to_owned)]
        .prop_map(String::into_bytes)
}
