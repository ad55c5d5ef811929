//! The import graph: which file names something that another file defines. Read from the tokens of the sources: `use`
//! trees, paths within code (`crate::a::b()`, `super::b`), and macros by their name. A re-export is followed to the file
//! that defines the name; `mod x;` and what is compiled for tests alone count for nothing.

use super::source::sources;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;

/// A path, segment by segment; that of a module begins with its crate.
type Path = Vec<String>;

/// Words that begin an item and stand before its name.
const ITEMS: [&str; 8] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static"];
/// Words that may stand between the two, or in place of a name.
const NO_NAMES: [&str; 5] = ["fn", "unsafe", "extern", "async", "mut"];
/// More steps than any re-export takes.
const STEPS_MAX: usize = 8;

/// What a file or an inline module says.
#[derive(Default)]
struct Module {
    file: String,
    items: BTreeSet<String>,
    macros: BTreeSet<String>,
    /// The name that each import has here, and what it stands for.
    imports: Vec<(String, Path)>,
}

/// A path that is named somewhere.
struct Mention {
    module: Path,
    path: Path,
    line: usize,
    is_macro: bool,
}

/// What a path leads to.
enum Found {
    /// Something that this file defines.
    Item(String),
    Module(Path),
    /// Something of another crate, of the language, or of a function's own.
    Outside,
}

/// The files of `src` and what they name.
#[derive(Default)]
pub(crate) struct Graph {
    modules: BTreeMap<Path, Module>,
    mentions: Vec<Mention>,
}

/// From one file to another: the first line that makes it so.
pub(crate) type Edges = BTreeMap<(String, String), usize>;

impl Graph {
    /// The graph of everything below `src`.
    pub(crate) fn read() -> Graph {
        let mut graph = Graph::default();
        for source in sources("src") {
            let path = FilePath::new(env!("CARGO_MANIFEST_DIR")).join(&source.path);
            graph.add(&source.path, &std::fs::read_to_string(path).expect("a source"));
        }
        graph
    }

    /// Adds one file.
    pub(crate) fn add(&mut self, file: &str, text: &str) {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let module = module_of(file);
        self.open(&module, file);
        self.walk(&module, tokens, true);
    }

    /// The edges, and the lines with a path into this crate that leads nowhere: what this reader has not understood.
    pub(crate) fn edges(&self) -> (Edges, Vec<String>) {
        let (mut edges, mut lost) = (Edges::new(), Vec::new());
        for Mention { module, path, line, is_macro } in &self.mentions {
            let file = &self.modules[module].file;
            let found = match is_macro {
                true => Some(self.macro_file(module, &path[0])),
                false => self.resolve(module, path, 0),
            };
            match found {
                Some(Found::Item(to)) if to != *file => drop(edges.entry((file.clone(), to)).or_insert(*line)),
                Some(_) => {}
                None => lost.push(format!("{file}:{line}: {}", path.join("::"))),
            }
        }
        (edges, lost)
    }

    fn open(&mut self, module: &Path, file: &str) {
        self.modules.entry(module.clone()).or_default().file = file.to_owned();
    }

    /// Reads tokens that lie directly in a module, or anywhere deeper in its code.
    fn walk(&mut self, module: &Path, tokens: TokenStream, directly: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = match &tokens[at] {
                TokenTree::Punct(sign) if sign.as_char() == '#' => self.attribute(module, &tokens, at, directly),
                TokenTree::Group(group) => {
                    self.walk(module, group.stream(), directly && is_macro_call(&tokens, at));
                    at + 1
                }
                TokenTree::Ident(word) => self.word(module, &tokens, at, &word.to_string(), directly),
                _ => at + 1,
            };
        }
    }

    /// An attribute: what is compiled for tests alone is left out together with it, and so are comments.
    fn attribute(&mut self, module: &Path, tokens: &[TokenTree], at: usize, directly: bool) -> usize {
        let group = (at + 1..=at + 2).find(|at| matches!(tokens.get(*at), Some(TokenTree::Group(_))));
        let Some((at, TokenTree::Group(group))) = group.map(|at| (at, &tokens[at])) else { return at + 1 };
        let text = group.stream().to_string().replace(' ', "");
        match text.as_str() {
            _ if text.starts_with("cfg(test") || text.starts_with("cfg(all(test") => {
                end_of_item(tokens, at + 1, directly)
            }
            _ if text.starts_with("doc=") => at + 1,
            _ => {
                self.walk(module, group.stream(), false);
                at + 1
            }
        }
    }

    /// What begins with a word: an import, a module within the file, an item, or a path.
    fn word(&mut self, module: &Path, tokens: &[TokenTree], at: usize, word: &str, directly: bool) -> usize {
        let next = tokens.get(at + 1).map(ToString::to_string).unwrap_or_default();
        match word {
            "use" if next != "<" => {
                let end = (at..tokens.len()).find(|at| is_sign(tokens.get(*at), ';')).unwrap_or(tokens.len());
                self.use_tree(module, &Path::new(), &tokens[at + 1..end]);
                end
            }
            "mod" if directly => match tokens.get(at + 2) {
                Some(TokenTree::Group(body)) => {
                    let child = joined(module, &next);
                    self.open(&child, &self.modules[module].file.clone());
                    self.walk(&child, body.stream(), true);
                    at + 3
                }
                _ => at + 2,
            },
            "macro_rules" => {
                let name = tokens[at + 2].to_string();
                self.modules.get_mut(module).expect("open").macros.insert(name);
                if let Some(TokenTree::Group(rules)) = tokens.get(at + 3) {
                    let bodies = rules.stream().into_iter().filter_map(|token| match token {
                        TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => Some(body),
                        _ => None,
                    });
                    bodies.for_each(|body| self.walk(module, body.stream(), true));
                }
                at + 4
            }
            _ if ITEMS.contains(&word) => {
                let is_name = matches!(tokens.get(at + 1), Some(TokenTree::Ident(_)));
                if directly && is_name && !NO_NAMES.contains(&next.as_str()) {
                    self.modules.get_mut(module).expect("open").items.insert(next);
                }
                at + 1 + usize::from(is_name && word != "const")
            }
            _ => self.path(module, tokens, at),
        }
    }

    /// A path in the code, from its first segment on.
    fn path(&mut self, module: &Path, tokens: &[TokenTree], at: usize) -> usize {
        let line = tokens[at].span().start().line;
        let mut path = vec![tokens[at].to_string()];
        let mut end = at + 1;
        while is_sign(tokens.get(end), ':')
            && is_sign(tokens.get(end + 1), ':')
            && let Some(TokenTree::Ident(segment)) = tokens.get(end + 2)
        {
            path.push(segment.to_string());
            end += 3;
        }
        let is_macro = path.len() == 1 && is_sign(tokens.get(end), '!');
        let goes_on = at > 0 && (is_sign(tokens.get(at - 1), '.') || is_sign(tokens.get(at - 1), '\''));
        if !goes_on && (path.len() > 1 || is_macro) {
            self.mentions.push(Mention { module: module.clone(), path, line, is_macro });
        }
        end
    }

    /// A `use` tree below a prefix: lists and names, whatever their depth.
    fn use_tree(&mut self, module: &Path, prefix: &Path, tokens: &[TokenTree]) {
        for branch in tokens.split(|token| is_sign(Some(token), ',')).filter(|branch| !branch.is_empty()) {
            let (mut path, mut name) = (prefix.clone(), None);
            let mut rest = branch.iter();
            while let Some(token) = rest.next() {
                match token {
                    TokenTree::Group(list) => {
                        let list: Vec<TokenTree> = list.stream().into_iter().collect();
                        self.use_tree(module, &path, &list);
                        path.clear();
                    }
                    TokenTree::Ident(word) if word == "as" => name = rest.next().map(ToString::to_string),
                    TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                    TokenTree::Ident(word) => path.push(word.to_string()),
                    TokenTree::Punct(sign) if sign.as_char() == '*' => path.push("*".to_owned()),
                    _ => {}
                }
            }
            let Some(last) = path.last().cloned() else { continue };
            let line = branch[0].span().start().line;
            self.mentions.push(Mention { module: module.clone(), path: path.clone(), line, is_macro: false });
            self.modules.get_mut(module).expect("open").imports.push((name.unwrap_or(last), path));
        }
    }

    /// What a path leads to, seen from a module; none when it leads nowhere.
    fn resolve(&self, module: &Path, path: &[String], steps: usize) -> Option<Found> {
        let up = path.iter().take_while(|segment| *segment == "super").count();
        let (here, rest) = match path.first()?.as_str() {
            "crate" => (module[..1].to_vec(), &path[1..]),
            "self" => return self.resolve(module, path.get(1..)?, steps),
            "super" => (module[..module.len() - up].to_vec(), &path[up..]),
            root if self.modules.contains_key(&path[..1]) => (vec![root.to_owned()], &path[1..]),
            first => match self.lookup(module, first, path.len() == 1, steps) {
                Some(Found::Module(here)) => (here, &path[1..]),
                Some(item) => return Some(item),
                None => return Some(Found::Outside),
            },
        };
        self.descend(here, rest, steps)
    }

    fn descend(&self, mut here: Path, rest: &[String], steps: usize) -> Option<Found> {
        for (index, segment) in rest.iter().enumerate() {
            match self.lookup(&here, segment, index + 1 == rest.len(), steps)? {
                Found::Module(module) => here = module,
                end => return Some(end),
            }
        }
        Some(Found::Module(here))
    }

    /// What a name stands for in a module. Of a module and an item of one name, the last segment of a path means the item.
    fn lookup(&self, module: &Path, name: &str, is_last: bool, steps: usize) -> Option<Found> {
        let Module { file, items, macros, imports } = self.modules.get(module)?;
        let child = joined(module, name);
        let is_item = items.contains(name) || macros.contains(name);
        let is_module = self.modules.contains_key(&child);
        if is_item && (is_last || !is_module) {
            return Some(Found::Item(file.clone()));
        }
        let imported = imports.iter().filter(|(alias, path)| alias == name && !(path.len() == 1 && path[0] == *name));
        let found = |(_, path): &(String, Path)| match steps < STEPS_MAX {
            true => self.resolve(module, path, steps + 1),
            false => None,
        };
        let mut found: Vec<Found> = imported.filter_map(found).collect();
        let item = found.iter().position(|found| matches!(found, Found::Item(_)));
        match (is_module, item) {
            (_, Some(item)) if is_last || !is_module => Some(found.swap_remove(item)),
            (true, _) => Some(Found::Module(child)),
            _ => found.into_iter().next(),
        }
    }

    /// Where a macro is defined: in this module or in one above it.
    fn macro_file(&self, module: &Path, name: &str) -> Found {
        let mut above = (1..=module.len()).rev().filter_map(|length| self.modules.get(&module[..length]));
        let defines = above.find(|module| module.macros.contains(name));
        defines.map_or(Found::Outside, |module| Found::Item(module.file.clone()))
    }
}

/// The rooms that are crates of their own, by their directories.
const CRATES: [(&str, &str); 2] = [("core/", "quarterdeck_core"), ("term/", "quarterdeck_term")];

/// The module that a file below `src` is.
fn module_of(file: &str) -> Path {
    let below = file.trim_start_matches("src/").trim_end_matches(".rs");
    let in_crate = |(directory, name): &(&str, &'static str)| Some((*name, below.strip_prefix(directory)?));
    let (root, below) = CRATES.iter().find_map(in_crate).unwrap_or(("quarterdeck", below));
    let root = if below == "main" { "main" } else { root };
    let names = below.split('/').filter(|name| !matches!(*name, "lib" | "main" | "mod"));
    std::iter::once(root).chain(names).map(str::to_owned).collect()
}

fn joined(module: &Path, name: &str) -> Path {
    module.iter().map(String::as_str).chain([name]).map(str::to_owned).collect()
}

fn is_sign(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == sign)
}

/// Whether the group here is what a macro is called with: `name! { … }`, or a rule's body.
fn is_macro_call(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && is_sign(tokens.get(at - 1), '!')
}

/// Where an item ends, or what stands in a list: behind its body, or at its sign.
fn end_of_item(tokens: &[TokenTree], at: usize, directly: bool) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(body) => body.delimiter() == Delimiter::Brace,
        token => is_sign(Some(token), ';') || (!directly && is_sign(Some(token), ',')),
    };
    (at..tokens.len()).find(|at| ends(&tokens[*at])).map_or(tokens.len(), |end| end + 1)
}
