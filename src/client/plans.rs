//! Calls that read, start and control plans.

use super::control::Client;
use super::error::ClientError;
use crate::api::plans::{self as api, NewPlan, PausePlan, Plan, PlanDetail, PlanExplanation, Validation};
use crate::api::tasks::Reason;

impl Client {
    /// Returns every plan that is kept, oldest first.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn plans(&self) -> Result<Vec<Plan>, ClientError> {
        self.call(&api::LIST_PLANS, &[], &()).await
    }

    /// Starts a plan. The answer says that it runs, not that it is done.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with `invalid_plan` and every mistake, or with the reason of the refusal.
    pub async fn start_plan(&self, plan: &NewPlan) -> Result<Plan, ClientError> {
        self.call(&api::START_PLAN, &[], plan).await
    }

    /// Checks a plan. An invalid one is an answer, not an error.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn validate_plan(&self, plan: &NewPlan) -> Result<Validation, ClientError> {
        self.call(&api::VALIDATE_PLAN, &[], plan).await
    }

    /// Returns one plan with its tasks and edges, by number (`p3`) or name.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn plan(&self, plan: &str) -> Result<PlanDetail, ClientError> {
        self.call(&api::GET_PLAN, &[plan], &()).await
    }

    /// Explains why a plan is in its current state.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn explain_plan(&self, plan: &str) -> Result<PlanExplanation, ClientError> {
        self.call(&api::EXPLAIN_PLAN, &[plan], &()).await
    }

    /// Ends a plan; work on its tasks is stopped.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn cancel_plan(&self, plan: &str, reason: Option<&str>) -> Result<Plan, ClientError> {
        let reason = Reason { reason: reason.map(str::to_owned) };
        self.call(&api::CANCEL_PLAN, &[plan], &reason).await
    }

    /// Stops the assignment of a plan's tasks.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn pause_plan(&self, plan: &str, pause: &PausePlan) -> Result<Plan, ClientError> {
        self.call(&api::PAUSE_PLAN, &[plan], pause).await
    }

    /// Lets a paused plan go on, or a failed plan from its failed tasks.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn resume_plan(&self, plan: &str) -> Result<Plan, ClientError> {
        self.call(&api::RESUME_PLAN, &[plan], &()).await
    }
}
