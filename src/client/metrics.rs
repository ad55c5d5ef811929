//! Calls that read the metrics of the fleet.

use super::Client;
use super::error::ClientError;
use super::http::Outgoing;
use crate::api::metrics::{METRICS, Metrics, MetricsFormat, MetricsQuery};

impl Client {
    /// Returns the current metrics of the fleet.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn fleet_metrics(&self) -> Result<Metrics, ClientError> {
        self.call(&METRICS, &[], &MetricsQuery { format: MetricsFormat::Json }).await
    }

    /// Returns the current metrics of the fleet as text for Prometheus.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn fleet_metrics_text(&self) -> Result<String, ClientError> {
        let query = MetricsQuery { format: MetricsFormat::Text };
        Outgoing::to(&METRICS, &[], &query).accept("*/*").text(self.place()).await
    }
}
