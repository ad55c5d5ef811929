//! JSON bodies with which the control plane shows an agent's screen.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

routes! {
    pub const ROUTES;
    pub const AGENT_SCREEN: GET "/agents/{name}/screen", ScreenQuery => ScreenText;
}

/// Query of `GET /agents/{name}/screen`: the form of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenQuery {
    /// The form in which the screen is returned; `text` if not given.
    pub format: Option<ScreenFormat>,
    /// How many lines of history from above the screen are returned, with `text`.
    pub history: Option<u32>,
}

/// The form in which a screen is returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScreenFormat {
    /// The screen as lines of text.
    #[default]
    Text,
    /// The screen as cells with their colours and attributes.
    Cells,
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
