//! The configuration file while the fleet runs: watched, read again when saved, applied as a difference. An invalid
//! file changes nothing and is said.

use super::context::Context;
use super::workspaces;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use quarterdeck_core::event::{Event, Notice, Severity};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The banner about a file that can't be applied.
const BANNER: &str = "config";
/// A save is often several writes and renames; so long a quiet means that it is done.
const QUIET: Duration = Duration::from_millis(100);

/// Reads the file now and applies what is different. An error says what is wrong with it, in one line.
pub(super) async fn reload(context: &Context) -> Result<(), String> {
    match crate::config::load(&context.place.config_path) {
        Ok(file) if file == *context.configs.file() => {
            if context.banners.lower(BANNER) {
                context.pulse.send_replace(());
            }
            // An agent that the file names and that was removed by hand comes back.
            context.kernel.tell(context.configs.event()).await;
            Ok(())
        }
        Ok(file) => {
            context.configs.replace(file);
            workspaces::follow_configuration(context);
            context.banners.lower(BANNER);
            context.kernel.tell(context.configs.event()).await;
            notice(context, Severity::Info, "system.config_applied", "the configuration was applied".into()).await;
            Ok(())
        }
        Err(errors) => {
            let why = errors.summary();
            context.banners.raise(BANNER, format!("agents.toml is invalid, the old one stays: {why}"));
            context.pulse.send_replace(());
            let text = format!("the configuration was rejected, the old one stays: {why}");
            notice(context, Severity::Error, "system.config_rejected", text).await;
            Err(errors.to_string())
        }
    }
}

async fn notice(context: &Context, severity: Severity, kind: &str, text: String) {
    let notice = Notice { severity, kind: kind.to_owned(), text };
    context.kernel.tell(Event::Noticed { notice }).await;
}

/// Watches the file and reloads when it was saved, until the supervisor ends.
pub(super) async fn watch(context: Arc<Context>) {
    let (saved, mut saves) = mpsc::channel(1);
    let watching = start_watcher(&context, saved);
    let watcher = match watching {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "agents.toml can't be watched; `qd` applies it on request only");
            return;
        }
    };
    // A save between our reading and our watching told nobody.
    let is_current = crate::config::load(&context.place.config_path).is_ok_and(|file| file == *context.configs.file());
    if !is_current && let Err(why) = reload(&context).await {
        tracing::warn!(why, "agents.toml was rejected");
    }
    while saves.recv().await.is_some() {
        while tokio::time::timeout(QUIET, saves.recv()).await.is_ok_and(|save| save.is_some()) {}
        if let Err(why) = reload(&context).await {
            tracing::warn!(why, "agents.toml was rejected");
        }
    }
    drop(watcher);
}

/// The directory is watched, not the file: editors put a new file in the old one's place.
fn start_watcher(context: &Context, saved: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let path = context.place.config_path.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let concerns = event.is_ok_and(|event| {
            !event.kind.is_access() && event.paths.iter().any(|changed| changed.file_name() == path.file_name())
        });
        if concerns {
            // One save that waits is enough.
            let _one_waits_already = saved.try_send(());
        }
    })?;
    watcher.watch(&context.place.root, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}
