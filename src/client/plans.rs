//! Calls that read, start and control plans.

use super::control::Client;
use super::error::ClientError;
use super::http::{Call, escaped};
use crate::api::plans::{NewPlan, PausePlan, Plan, PlanDetail, PlanExplanation, Validation};
use crate::api::tasks::Reason;
use hyper::Method;
use std::time::Duration;

/// The deadline for a plan. A plan of ten thousand tasks is read and checked in less; a busy machine takes longer.
const PLAN_DEADLINE: Duration = Duration::from_secs(30);

impl Client {
    /// Returns every plan that is kept, oldest first.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn plans(&self) -> Result<Vec<Plan>, ClientError> {
        Call::new(Method::GET, "/api/v1/plans").answer(self.place()).await
    }

    /// Starts a plan. The answer says that it runs, not that it is done.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with `invalid_plan` and every mistake, or with the reason of the refusal.
    pub async fn start_plan(&self, plan: &NewPlan) -> Result<Plan, ClientError> {
        Call::new(Method::POST, "/api/v1/plans").json(plan).deadline(PLAN_DEADLINE).answer(self.place()).await
    }

    /// Checks a plan. An invalid one is an answer, not an error.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn validate_plan(&self, plan: &NewPlan) -> Result<Validation, ClientError> {
        Call::new(Method::POST, "/api/v1/plans/validate").json(plan).deadline(PLAN_DEADLINE).answer(self.place()).await
    }

    /// Returns one plan with its tasks and edges, by number (`p3`) or name.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn plan(&self, plan: &str) -> Result<PlanDetail, ClientError> {
        Call::new(Method::GET, path(plan, "")).deadline(PLAN_DEADLINE).answer(self.place()).await
    }

    /// Explains why a plan is in its current state.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn explain_plan(&self, plan: &str) -> Result<PlanExplanation, ClientError> {
        Call::new(Method::GET, path(plan, "/explain")).answer(self.place()).await
    }

    /// Ends a plan; work on its tasks is stopped.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn cancel_plan(&self, plan: &str, reason: Option<&str>) -> Result<Plan, ClientError> {
        let reason = Reason { reason: reason.map(str::to_owned) };
        let call = Call::new(Method::POST, path(plan, "/cancel")).json(&reason);
        call.deadline(PLAN_DEADLINE).answer(self.place()).await
    }

    /// Stops the assignment of a plan's tasks.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn pause_plan(&self, plan: &str, pause: &PausePlan) -> Result<Plan, ClientError> {
        Call::new(Method::POST, path(plan, "/pause")).json(pause).answer(self.place()).await
    }

    /// Lets a paused plan go on, or a failed plan from its failed tasks.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn resume_plan(&self, plan: &str) -> Result<Plan, ClientError> {
        Call::new(Method::POST, path(plan, "/resume")).answer(self.place()).await
    }
}

fn path(plan: &str, below: &str) -> String {
    format!("/api/v1/plans/{}{below}", escaped(plan))
}
