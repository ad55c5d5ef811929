//! The OpenAPI description of the control plane, made from the handlers and the types that they use.

use super::routes;
use crate::api;
use crate::supervisor::context::Context;
use axum::Json;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Quarterdeck control plane",
        description = "This API controls a local fleet of coding agents. It is HTTP on the Unix socket of the fleet; \
            agents find the path of the socket in `QD_SOCKET`. Try `curl --unix-socket SOCKET http://localhost/api/v1`. \
            The sender of a request is the run in whose process tree the connection begins, or the run whose secret \
            (`QD_RUN_PROOF`) is in the header `qd-token`. Any other sender is a person; but if it claims to be an \
            agent in the header `qd-agent`, the request is refused. \
            Every answer that is not a success has a `Problem` as its body. A change is on disk when the request is \
            answered. While the journal can't be written, a change is not on disk; then the answer has the header \
            `qd-durable: false` and, in an object, `\"durable\": false`."
    ),
    servers((url = "http://localhost", description = "The fleet's Unix socket; the host name has no meaning.")),
    tags(
        (name = "fleet", description = "The fleet and its supervisor."),
        (name = "agents", description = "The agents of the fleet."),
        (name = "events", description = "Facts: numbered records of what happened in the fleet, in order."),
    ),
    components(schemas(
        api::error::Problem,
        api::events::Lagged,
        api::events::EventRecord,
        api::events::Order,
        api::events::Severity,
        api::removal::WorkspaceFate,
        api::screen::ScreenFormat,
        api::listing::UsageAge,
        api::listing::WorkAge,
    ))
)]
struct Description;

/// Returns this OpenAPI description.
#[utoipa::path(get, path = api::system::OPENAPI.path, operation_id = "openapi", tag = "fleet",
    responses((status = 200, description = "The OpenAPI description of this API.", body = Object)))]
pub(super) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(whole())
}

/// Returns the route of this description.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new().routes(routes!(document))
}

/// Returns the description of all routes.
fn whole() -> utoipa::openapi::OpenApi {
    let all = routes::marked().merge(routes()).merge(routes::without_mark());
    Description::openapi().merge_from(all.into_openapi())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    /// Returns every operation of the description, with its path and method.
    fn operations() -> Vec<(String, Value)> {
        let document = serde_json::to_value(whole()).expect("json");
        let paths = document["paths"].as_object().expect("paths").clone();
        let methods = paths.into_iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").clone();
            methods.into_iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
        });
        methods.collect()
    }

    #[test]
    fn the_routes_that_clients_know_are_those_of_the_document() {
        let served: BTreeSet<(String, String)> = operations()
            .into_iter()
            .map(|(name, operation)| (operation["operationId"].as_str().expect("a name").to_owned(), name))
            .collect();
        let known: BTreeSet<(String, String)> = api::routes()
            .map(|(name, method, path)| (name.to_lowercase(), format!("{} {path}", method.to_lowercase())))
            .collect();
        assert_eq!(served, known);
    }

    #[test]
    fn every_response_and_parameter_is_described_as_openapi_demands() {
        for (name, operation) in operations() {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{name} {}", parameter["name"]);
            }
        }
    }

    #[test]
    fn whatever_is_referred_to_is_there() {
        let document = serde_json::to_value(whole()).expect("json");
        let text = document.to_string();
        let referred = text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
        for name in referred.collect::<BTreeSet<&str>>() {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let operations = operations();
        let names: BTreeSet<&str> =
            operations.iter().map(|(_, operation)| operation["operationId"].as_str().expect("a name")).collect();
        assert_eq!(names.len(), operations.len());
    }

    #[test]
    fn every_schema_and_every_field_of_one_is_described() {
        let document = serde_json::to_value(whole()).expect("json");
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            assert!(schema["description"].is_string(), "{name}");
            for (field, described) in schema["properties"].as_object().into_iter().flatten() {
                let text = described["description"].is_string() || described.to_string().contains("\"description\"");
                assert!(text || described.get("$ref").is_some(), "{name}.{field}");
            }
        }
    }
}
