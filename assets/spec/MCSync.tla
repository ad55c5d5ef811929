------------------------------- MODULE MCSync -------------------------------
EXTENDS Sync, TLC
\* A diamond: two depend on the first, the last on both.
MCNeeds == ("one" :> {}) @@ ("left" :> {"one"}) @@ ("right" :> {"one"}) @@ ("last" :> {"left", "right"})
=============================================================================
