//! The query with which agents are listed: how new the data in the list must be.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Query of `GET /agents`: how new the data in the list must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct Listing {
    /// How new the data about uncommitted work must be; `recent` if not given.
    pub work: Option<WorkAge>,
    /// How new the data about consumption must be; `recent` if not given.
    pub usage: Option<UsageAge>,
}

/// How new the consumption data of the agents' process trees must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UsageAge {
    /// The values of the last sample, which may be old or missing.
    #[default]
    Recent,
    /// Values sampled for this answer, unless the last sample is only seconds old; takes about 0.2 s.
    Now,
}

/// How new the data about uncommitted work must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkAge {
    /// The newest data that is available at little cost.
    #[default]
    Recent,
    /// Data from an inspection of every worktree for this answer, which may take seconds.
    Now,
}
