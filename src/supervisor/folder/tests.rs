//! Decisions on boards of real steps.
