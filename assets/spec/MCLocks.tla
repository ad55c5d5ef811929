------------------------------ MODULE MCLocks ------------------------------
EXTENDS Locks
\* What is asked for: exclusively above, shared beneath, a set, and something else.
MCMenu == {{<<"src", "X">>}, {<<"src/a", "S">>}, {<<"src/a", "X">>, <<"docs", "X">>}, {<<"docs", "X">>}}
=============================================================================
