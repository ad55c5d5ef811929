//! JSON bodies with which the control plane shows an agent's screen.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    pub const AGENT_SCREEN: GET "/agents/{name}/screen", () => ScreenText;
}

/// Answer to `GET /agents/{name}/screen?format=text`: an agent's screen as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScreenText {
    /// The screen's width in columns.
    pub columns: u16,
    /// The screen's height in rows.
    pub rows: u16,
    /// Position of the cursor as column and row, from 0.
    pub cursor: (u16, u16),
    /// The title of the terminal.
    pub title: String,
    /// Lines above the screen, oldest first: as many as were requested and exist.
    pub history: Vec<String>,
    /// The lines of the screen, from the top.
    pub lines: Vec<String>,
}
