//! Handler of `/metrics`: the fleet's counters, for Prometheus and for programs. They are read from the view for each
//! request; nothing is stored for them except the histogram of the kernel's answers.

mod count;

use super::extract::Keys;
use crate::api;
use crate::api::metrics::{ByState, Metrics, MetricsFormat, MetricsQuery, Requests};
use crate::supervisor::context::Context;
use crate::supervisor::problem::Failure;
use crate::supervisor::roster;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The part of the OpenAPI description that covers metrics.
#[derive(OpenApi)]
#[openapi(
    components(schemas(Metrics, MetricsFormat)),
    tags((name = "metrics", description = "Metrics: counters and states of the fleet."))
)]
pub(super) struct Description;

/// Returns the route for metrics below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi()).routes(routes!(metrics))
}

/// The prefix of every metric's name.
const PREFIX: &str = "quarterdeck";
/// The content type of the answer to Prometheus.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Returns the fleet's counters as they are now.
#[utoipa::path(get, path = api::metrics::METRICS.path, operation_id = "metrics", tag = "metrics", params(MetricsQuery),
    responses((status = 200, description = "The metrics in the text format of Prometheus, or with `format=json` a `Metrics` object.",
        content((String = "application/openmetrics-text"), (Metrics = "application/json"))), Failure))]
async fn metrics(State(context): State<Arc<Context>>, Keys(query): Keys<MetricsQuery>) -> Result<Response, Failure> {
    let agents = roster::all(&context).await;
    let found = count::metrics(&context.kernel.view(), &agents, context.kernel.requests());
    match query.format {
        MetricsFormat::Json => Ok(Json(found).into_response()),
        MetricsFormat::Text => {
            let text = exposed(found).map_err(|_| Failure::bad_request("the metrics can't be written as text"))?;
            Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response())
        }
    }
}

/// Returns the metrics as OpenMetrics text.
fn exposed(metrics: Metrics) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Exposition(metrics)));
    let mut written = String::new();
    text::encode(&mut written, &registry)?;
    Ok(written)
}

#[derive(Debug)]
struct Exposition(Metrics);

impl Collector for Exposition {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let Metrics {
            agents,
            agents_health,
            tasks,
            plans,
            messages,
            sync_scopes,
            locks,
            state,
            invariant_violations,
            facts,
            requests,
        } = &self.0;
        let mut out = Writer(encoder);
        out.by_state("agents", "Agents by state", agents)?;
        out.by_state("agents_health", "Agents by their health", agents_health)?;
        out.by_state("tasks", "Tasks that are kept, by state", tasks)?;
        out.by_state("plans", "Plans that are kept, by state", plans)?;
        out.by_state("messages", "Messages that are kept, by the state of their delivery", messages)?;
        out.by_state("sync_scopes", "Scopes by the state of their synchronisation", sync_scopes)?;
        out.gauge("lock_leases_held", "Leases that are held", None, locks.held)?;
        out.gauge("lock_requests_waiting", "Requests for locks that wait", None, locks.waiting)?;
        out.counter("lock_grants", "Requests for locks granted", None, locks.granted)?;
        out.counter("lock_waits", "Requests for locks that were granted after a wait", None, locks.waited)?;
        let seconds = Some(&Unit::Seconds);
        out.counter("lock_wait", "All waits for locks together", seconds, locks.wait_seconds_sum)?;
        out.gauge("lock_wait_longest", "The longest wait for a lock", seconds, locks.wait_seconds_longest)?;
        out.counter("lock_timeouts", "Requests for locks given up after too long a wait", None, locks.timed_out)?;
        out.counter(
            "lock_cycles_refused",
            "Requests for locks that would have closed a cycle",
            None,
            locks.cycles_refused,
        )?;
        out.counter("lock_leases_expired", "Leases that were not renewed", None, locks.expired)?;
        out.counter("lock_leases_forced", "Leases taken by force", None, locks.forced)?;
        out.counter(
            "lock_violations",
            "Writes that were seen into scopes that another party held",
            None,
            locks.violations,
        )?;
        out.counter("state_updates", "Values of shared state set", None, state.updates)?;
        out.counter("state_conflicts", "Values not set, because another version was current", None, state.conflicts)?;
        out.counter("invariant_violations", "Invariants that were violated", None, *invariant_violations)?;
        out.counter("facts", "Facts recorded", None, *facts)?;
        out.requests(requests)
    }
}

/// A writer of metrics as OpenMetrics text.
struct Writer<'a>(DescriptorEncoder<'a>);

impl Writer<'_> {
    fn by_state(&mut self, name: &str, help: &str, counts: &ByState) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        counts
            .iter()
            .try_for_each(|(state, count)| metric.encode_family(&[("state", state.as_str())])?.encode_gauge(count))
    }

    fn gauge(&mut self, name: &str, help: &str, unit: Option<&Unit>, value: impl EncodeGaugeValue) -> fmt::Result {
        self.0.encode_descriptor(name, help, unit, MetricType::Gauge)?.encode_gauge(&value)
    }

    fn counter(&mut self, name: &str, help: &str, unit: Option<&Unit>, value: impl EncodeCounterValue) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, unit, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, f64>(&value, None)
    }

    fn requests(&mut self, requests: &Requests) -> fmt::Result {
        let help = "From asking for a change to its durable answer, since the supervisor started";
        let mut metric = self.0.encode_descriptor("request", help, Some(&Unit::Seconds), MetricType::Histogram)?;
        let bound = |seconds_max: Option<f64>| seconds_max.unwrap_or(f64::INFINITY);
        let buckets: Vec<(f64, u64)> =
            requests.buckets.iter().map(|bucket| (bound(bucket.seconds_max), bucket.count)).collect();
        metric.encode_histogram::<NoLabelSet>(requests.seconds_sum, requests.count, &buckets, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::metrics::Bucket;

    #[test]
    fn what_is_counted_is_text_that_prometheus_reads() {
        let mut metrics = Metrics { facts: 7, ..Metrics::default() };
        metrics.agents = [("ready".to_owned(), 2), ("off".to_owned(), 0)].into();
        metrics.locks.wait_seconds_sum = 1.5;
        let buckets = vec![Bucket { seconds_max: Some(0.001), count: 3 }, Bucket { seconds_max: None, count: 1 }];
        metrics.requests = Requests { count: 4, seconds_sum: 2.25, buckets };
        let text = exposed(metrics).expect("text");
        for line in [
            "# TYPE quarterdeck_agents gauge",
            "quarterdeck_agents{state=\"off\"} 0",
            "quarterdeck_agents{state=\"ready\"} 2",
            "# UNIT quarterdeck_lock_wait_seconds seconds",
            "quarterdeck_lock_wait_seconds_total 1.5",
            "quarterdeck_facts_total 7",
            "# TYPE quarterdeck_request_seconds histogram",
            "quarterdeck_request_seconds_sum 2.25",
            "quarterdeck_request_seconds_count 4",
            "quarterdeck_request_seconds_bucket{le=\"0.001\"} 3",
            "quarterdeck_request_seconds_bucket{le=\"+Inf\"} 4",
            "# EOF",
        ] {
            assert!(text.lines().any(|written| written == line), "{line}\n{text}");
        }
        let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        let mut names: Vec<&str> = names.collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "each name once");
    }
}
