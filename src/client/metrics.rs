//! What the fleet counts.

use super::Client;
use super::error::ClientError;
use super::http::{Call, query};
use crate::api::metrics::{Metrics, MetricsFormat, MetricsQuery};
use hyper::Method;

fn path(format: MetricsFormat) -> String {
    format!("/api/v1/metrics{}", query(&MetricsQuery { format }))
}

impl Client {
    /// What the fleet counts, now.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn fleet_metrics(&self) -> Result<Metrics, ClientError> {
        Call::new(Method::GET, path(MetricsFormat::Json)).answer(self.place()).await
    }

    /// The same as text that Prometheus reads.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn fleet_metrics_text(&self) -> Result<String, ClientError> {
        Call::new(Method::GET, path(MetricsFormat::Text)).accept("*/*").text(self.place()).await
    }
}
