//! Applies changes of the configuration file while the fleet runs: the file is watched, read again when it is saved,
//! and the difference is applied. An invalid file changes nothing and is reported.

mod followed;

use super::context::Context;
use super::workspaces;
use crate::api::facts::Kind;
use crate::supervisor::kernel::KernelHandle;
use followed::Followed;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::severity::Severity;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The subject of the banner about a file that can't be applied.
const BANNER: &str = "config";
/// The pause after which a save is taken to be complete: a save is often several writes and renames.
const QUIET: Duration = Duration::from_millis(100);

/// Reads the file now and applies the differences. An error says in one line what is wrong with the file.
pub(super) async fn reload(context: &Context) -> Result<(), String> {
    match crate::config::load(&context.place.config_path) {
        Ok(file) if file == *context.configs.file() => {
            if context.dashboard.banners.lower(BANNER) {
                context.dashboard.pulse.send_replace(());
            }
            // An agent that is in the file and was removed by hand comes back.
            context.kernel.tell(context.configs.event()).await;
            Ok(())
        }
        Ok(file) => {
            context.configs.replace(file);
            workspaces::follow_configuration(context);
            context.dashboard.banners.lower(BANNER);
            context.kernel.tell(context.configs.event()).await;
            notice(&context.kernel, Severity::Info, Kind::ConfigApplied.text(), "the configuration was applied".into())
                .await;
            Ok(())
        }
        Err(errors) => {
            let why = errors.summary();
            context
                .dashboard
                .banners
                .raise(BANNER, format!("{why} · until that is corrected, the old agents.toml applies"));
            context.dashboard.pulse.send_replace(());
            let text = format!("the configuration was rejected, the old one stays: {why}");
            notice(&context.kernel, Severity::Error, Kind::ConfigRejected.text(), text).await;
            Err(errors.to_string())
        }
    }
}

async fn notice(kernel: &KernelHandle, severity: Severity, kind: &str, text: String) {
    let notice = Notice { severity, kind: kind.to_owned(), text };
    kernel.tell(Event::Noticed { notice }).await;
}

/// Watches the file and reloads it when it is saved, until the supervisor ends.
pub(super) async fn watch(context: Arc<Context>) {
    let (saved, mut saves) = mpsc::channel(1);
    let path = &context.place.config_path;
    let unwatched = |error| tracing::warn!(%error, "agents.toml can't be watched; `qd` applies it on request only");
    let mut followed = match Followed::new(saved) {
        Ok(followed) => followed,
        Err(error) => return unwatched(error),
    };
    followed.follow(path).unwrap_or_else(unwatched);
    // A save between our reading and our watching was not reported.
    let is_current = crate::config::load(path).is_ok_and(|file| file == *context.configs.file());
    if !is_current && let Err(why) = reload(&context).await {
        tracing::warn!(why, "agents.toml was rejected");
    }
    while saves.recv().await.is_some() {
        while tokio::time::timeout(QUIET, saves.recv()).await.is_ok_and(|save| save.is_some()) {}
        followed.follow(path).unwrap_or_else(unwatched);
        if let Err(why) = reload(&context).await {
            tracing::warn!(why, "agents.toml was rejected");
        }
    }
}
