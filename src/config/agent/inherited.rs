//! The environment variables that an agent inherits when its table does not say.
//!
//! An agent gets what a program needs to run at all (`@base`) and what agent programs need to reach their model
//! (`@agents`): without its key an agent is of no use. It does not get the rest of the user's environment: cloud
//! credentials, tokens of other services, and the variables that mark a session it was started from stay outside.

/// The variables that a program needs to run at all: the user and the home directory, language, time, temporary files,
/// XDG directories, the SSH agent, git's identity, proxies, and every name by which the common tools find a bundle of
/// certificates. `TERM` and `COLORTERM` describe the agent's own terminal and are set, never inherited.
pub(super) const BASE: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "XDG_*",
    "SSH_AUTH_SOCK",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "RSYNC_PROXY",
    "SSL_CERT_*",
    "NODE_EXTRA_CA_CERTS",
    "NODE_USE_SYSTEM_CA",
    "*_CA_BUNDLE",
    "*_CA_FILE",
    "*_CA_PATH",
    "*_CA_CERT",
    "*_CA_CERTS",
    "*_CAINFO",
    "*_CAPATH",
    "PIP_CERT",
    "PIP_PROXY",
    "NPM_CONFIG_CAFILE",
    "npm_config_cafile",
    "NPM_CONFIG_*PROXY",
    "npm_config_*proxy",
    "DENO_CERT",
    "DENO_TLS_CA_STORE",
    "GIT_AUTHOR_*",
    "GIT_COMMITTER_*",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "GOPATH",
    "JAVA_HOME",
    "NVM_DIR",
    "VOLTA_HOME",
    "PYENV_ROOT",
    "MISE_*",
    "ASDF_*",
    "NIX_*",
];

/// The variables that agent programs need to reach their model, by the names that their own documentation gives.
pub(super) const AGENTS: &[&str] = &[
    "ANTHROPIC_*",
    "CLAUDE_CONFIG_DIR",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_*",
    "OPENAI_*",
    "CODEX_*",
    "GEMINI_*",
    "GOOGLE_API_KEY",
    "GOOGLE_CLOUD_*",
    "GOOGLE_GEMINI_BASE_URL",
    "GOOGLE_GENAI_*",
    "OPENROUTER_API_KEY",
    "DEEPSEEK_API_KEY",
    "MISTRAL_API_KEY",
    "GROQ_API_KEY",
    "XAI_API_KEY",
    "DASHSCOPE_API_KEY",
    "CURSOR_API_KEY",
    "AMP_API_KEY",
    "COPILOT_GITHUB_TOKEN",
    "OPENCODE_*",
    "GOOSE_*",
    "AIDER_*",
    "OLLAMA_*",
];

/// The sets of variables, each by its name.
pub(super) const SETS: [(&str, &[&str]); 2] = [("@base", BASE), ("@agents", AGENTS)];

/// Returns the variables of a set, or the entry itself if it is not a set; none for an unknown set.
pub(super) fn expand(entry: &str) -> Option<Vec<String>> {
    match entry.starts_with('@') {
        true => SETS
            .iter()
            .find(|(name, _)| *name == entry)
            .map(|(_, set)| set.iter().map(|name| (*name).to_owned()).collect()),
        false => Some(vec![entry.to_owned()]),
    }
}

/// Whether a variable's name matches an entry; `*` matches any characters.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let Some((last, middle)) = pieces.collect::<Vec<_>>().split_last().map(|(last, middle)| (*last, middle.to_vec()))
    else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn globs() {
        assert!(
            matches("LC_*", "LC_ALL") && matches("*_KEY", "A_KEY") && matches("A*B*C", "AxxByyC") && matches("*", "")
        );
        assert!(
            !matches("LC_*", "LANG") && !matches("PATH", "PATHS") && !matches("A*A", "A") && !matches("A*B*C", "AxC")
        );
    }

    #[test]
    fn a_session_s_marks_and_other_services_secrets_stay_outside() {
        let inherited = |name: &str| SETS.iter().flat_map(|(_, set)| *set).any(|pattern| matches(pattern, name));
        for outside in [
            "CLAUDECODE",
            "CLAUDE_CODE_SSE_PORT",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "TMUX",
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_CONFIG_PARAMETERS",
            "GIT_SSL_KEY",
            "CARGO_REGISTRY_TOKEN",
            "LD_PRELOAD",
        ] {
            assert!(!inherited(outside), "{outside}");
        }
        for inside in ["PATH", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "LC_CTYPE"] {
            assert!(inherited(inside), "{inside}");
        }
    }

    /// Checks the names by which OpenSSL, curl, git, Node, npm, pip, Requests, AWS, Cargo, Deno, Bundler, Nix and
    /// Composer take certificates and proxies, and git its identity: each by its own documentation.
    #[test]
    fn certificates_proxies_and_identity_come_by_whole_families() {
        for inside in [
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "NODE_EXTRA_CA_CERTS",
            "NODE_USE_SYSTEM_CA",
            "CURL_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
            "AWS_CA_BUNDLE",
            "GIT_SSL_CAINFO",
            "GIT_SSL_CAPATH",
            "GIT_PROXY_SSL_CAINFO",
            "PIP_CERT",
            "CARGO_HTTP_CAINFO",
            "BUNDLE_SSL_CA_CERT",
            "NIX_SSL_CERT_FILE",
            "DENO_CERT",
            "NPM_CONFIG_CAFILE",
            "npm_config_cafile",
            "npm_config_https_proxy",
            "HTTPS_PROXY",
            "no_proxy",
            "GIT_AUTHOR_NAME",
            "GIT_AUTHOR_EMAIL",
            "GIT_COMMITTER_NAME",
            "GIT_COMMITTER_EMAIL",
            "GIT_COMMITTER_DATE",
        ] {
            assert!(BASE.iter().any(|pattern| matches(pattern, inside)), "{inside}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in "[A*_é]{0,8}", name in "[A_é]{0,8}") {
            let _ = matches(&pattern, &name);
        }
    }
}
