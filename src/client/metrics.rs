//! Calls that read the metrics of the fleet.

use super::Client;
use super::error::ClientError;
use super::http::{Call, query};
use crate::api::metrics::{Metrics, MetricsFormat, MetricsQuery};
use hyper::Method;

fn path(format: MetricsFormat) -> String {
    format!("/api/v1/metrics{}", query(&MetricsQuery { format }))
}

impl Client {
    /// Returns the current metrics of the fleet.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn fleet_metrics(&self) -> Result<Metrics, ClientError> {
        Call::new(Method::GET, path(MetricsFormat::Json)).answer(self.place()).await
    }

    /// Returns the current metrics of the fleet as text for Prometheus.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn fleet_metrics_text(&self) -> Result<String, ClientError> {
        Call::new(Method::GET, path(MetricsFormat::Text)).accept("*/*").text(self.place()).await
    }
}
