-------------------------------- MODULE Sync --------------------------------
(* The synchronisation of scopes as Quarterdeck's core decides: each only after those that it needs, a change undoes
   everything downstream, retries are bounded, and what a run was at when it ended has failed. One run asks for all. *)
EXTENDS Naturals, Sequences, FiniteSets
CONSTANTS Scopes, Needs, MaxRetries
ASSUME Needs \in [Scopes -> SUBSET Scopes]
VARIABLES standing,   \* [Scopes -> {"idle", "queued", "syncing", "completed", "failed"}]
          retries,    \* [Scopes -> 0..MaxRetries]
          queue       \* those that wait for what they need, in the order in which they were asked
vars == <<standing, retries, queue>>

Ready(s, st) == \A n \in Needs[s] : st[n] = "completed"
RECURSIVE Below(_)
Below(S) == LET N == S \cup {t \in Scopes : Needs[t] \cap S # {}} IN IF N = S THEN S ELSE Below(N)

\* Starts, from the front of the queue, all that can start.
Startable(st, q) == {i \in 1..Len(q) : Ready(q[i], st)}
LookAgain(st, rt, q) ==
  /\ standing' = [s \in Scopes |-> IF \E i \in Startable(st, q) : q[i] = s THEN "syncing" ELSE st[s]]
  /\ queue' = SelectSeq(q, LAMBDA s : ~Ready(s, st))
  /\ retries' = rt

Init == standing = [s \in Scopes |-> "idle"] /\ retries = [s \in Scopes |-> 0] /\ queue = <<>>

Begin(s, rt) ==
  /\ IF Ready(s, standing) THEN standing' = [standing EXCEPT ![s] = "syncing"] /\ UNCHANGED queue
     ELSE standing' = [standing EXCEPT ![s] = "queued"] /\ queue' = Append(queue, s)
  /\ retries' = rt
Start(s) == \/ standing[s] = "idle" /\ Begin(s, retries)
            \/ standing[s] = "failed" /\ retries[s] < MaxRetries /\ Begin(s, [retries EXCEPT ![s] = @ + 1])
Complete(s) == standing[s] = "syncing"
               /\ LookAgain([standing EXCEPT ![s] = "completed"], [retries EXCEPT ![s] = 0], queue)
Fail(s) == standing[s] = "syncing" /\ LookAgain([standing EXCEPT ![s] = "failed"], retries, queue)
Change(s) == LET undone == {t \in Below({s}) : standing[t] \notin {"idle", "queued"}} IN
  LookAgain([t \in Scopes |-> IF t \in undone THEN "idle" ELSE standing[t]],
            [t \in Scopes |-> IF t \in undone THEN 0 ELSE retries[t]], queue)
\* The run ends, and the next begins.
Crash == LookAgain([s \in Scopes |-> CASE standing[s] = "syncing" -> "failed" [] standing[s] = "queued" -> "idle"
                                       [] OTHER -> standing[s]], retries, <<>>)

Next == Crash \/ \E s \in Scopes : Start(s) \/ Complete(s) \/ Fail(s) \/ Change(s)
Spec == Init /\ [][Next]_vars
LiveSpec == Spec /\ \A s \in Scopes : WF_vars(Complete(s) \/ Fail(s))

\* ------------------------------------------------------------ safety
TypeOK == /\ standing \in [Scopes -> {"idle", "queued", "syncing", "completed", "failed"}]
          /\ retries \in [Scopes -> 0..MaxRetries] /\ \A i \in 1..Len(queue) : standing[queue[i]] = "queued"
SyncAfterNeeds == \A s \in Scopes : standing[s] \in {"syncing", "completed"} => Ready(s, standing)       \* 11
NobodyWaitsInVain == \A i \in 1..Len(queue) : ~Ready(queue[i], standing)
EachWaitsOnce == \A s \in Scopes : Cardinality({i \in 1..Len(queue) : queue[i] = s}) = (IF standing[s] = "queued" THEN 1 ELSE 0)
NoCircularNeeds == \A s \in Scopes : s \notin Below({t \in Scopes : s \in Needs[t]})
\* ------------------------------------------------------------ liveness
SyncEnds == \A s \in Scopes : standing[s] = "syncing" ~> standing[s] # "syncing"
=============================================================================
