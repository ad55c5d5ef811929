//! Link settings that Cargo.toml has no words for.

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // A keeper per run is this same program. Loaded at an address of the kernel's choice, every keeper would hold
        // 0.4 MB of relocated tables of its own; linked to a fixed address, all of them share those pages. Stack, heap
        // and libraries are placed at random as before.
        println!("cargo::rustc-link-arg-bin=qd=-no-pie");
    }
}
