------------------------------- MODULE Locks -------------------------------
(* The arbiter of locks as Quarterdeck's core decides, and the lives of the runs that ask. One owner decides all: each
   action is one message to it, and what follows from it (who is served next) follows in the same step.

   The scopes are paths: src, src/a beneath it, and docs. A request is for a set of them, all or none, each exclusive
   ("X") or shared ("S"). Every lease has a time to live, so that it may expire at any moment at which its holder is
   not paused; every wait has its limit in the same way. What an agent believes to hold (the tokens that it was given)
   is stored beside what it holds, for it may learn late that a lease was lost.

   `cargo test -p quarterdeck-core arbiter_model` walks through the real `Fleet::step` with the same constants and must
   come to the same number of states; with Java and tla2tools.jar there, the test runs TLC on this file as well. *)
EXTENDS Naturals, Sequences, FiniteSets
CONSTANTS Agents, Menu, MaxAsks, MaxCrashes
VARIABLES life,     \* [Agents -> {"live", "dead"}]
          paused,   \* [Agents -> BOOLEAN]
          leases,   \* set of [who, want, token]
          line,     \* sequence of [who, want]: the requests that wait, in the order in which they were asked
          fence,    \* the newest token
          believes, \* [Agents -> set of tokens] what each was given and did not give back, and was not told to be lost
          asks, crashes
vars == <<life, paused, leases, line, fence, believes, asks, crashes>>

\* A want is a set of <<scope, mode>>.
Overlap(s, t) == s = t \/ {s, t} = {"src", "src/a"}
Conflict(v, w) == \E p \in v, q \in w : Overlap(p[1], q[1]) /\ "X" \in {p[2], q[2]}
Touches(v, w)  == \E p \in v, q \in w : Overlap(p[1], q[1])

\* Who is in the way of a request of a for w, with these requests before it in the line.
InTheWay(a, w, held, before) ==
  {l.who : l \in {x \in held : x.who # a /\ Conflict(x.want, w)}}
  \cup {before[i].who : i \in {j \in 1..Len(before) : before[j].who # a /\ Conflict(before[j].want, w)}}

Without(q, i) == SubSeq(q, 1, i - 1) \o SubSeq(q, i + 1, Len(q))

\* Grants, from the front of the line, all that can be granted. d: [held, line, fence, gave].
RECURSIVE Serve(_, _)
Serve(d, i) ==
  IF i > Len(d.line) THEN d
  ELSE LET r == d.line[i] IN
       IF InTheWay(r.who, r.want, d.held, SubSeq(d.line, 1, i - 1)) = {}
       THEN Serve([held |-> d.held \cup {[who |-> r.who, want |-> r.want, token |-> d.fence + 1]},
                   line |-> Without(d.line, i), fence |-> d.fence + 1,
                   gave |-> [d.gave EXCEPT ![r.who] = @ \cup {d.fence + 1}]], i)
       ELSE Serve(d, i + 1)
\* After what is held and who waits has become this, those who can be are served.
Settle(held, q, gave) ==
  LET d == Serve([held |-> held, line |-> q, fence |-> fence, gave |-> gave], 1)
  IN leases' = d.held /\ line' = d.line /\ fence' = d.fence /\ believes' = d.gave

\* Waiting for w would close a cycle: a waits, over others who wait, for itself.
Waits(a, q) == {i \in 1..Len(q) : q[i].who = a}
BehindOf(a, held, q) == UNION {InTheWay(a, q[i].want, held, SubSeq(q, 1, i - 1)) : i \in Waits(a, q)}
RECURSIVE Reach(_, _, _)
Reach(S, held, q) == LET N == S \cup UNION {BehindOf(b, held, q) : b \in S} IN IF N = S THEN S ELSE Reach(N, held, q)
Cycle(a, held, q) == a \in Reach(BehindOf(a, held, q), held, q)

Init == /\ life = [a \in Agents |-> "live"] /\ paused = [a \in Agents |-> FALSE]
        /\ leases = {} /\ line = <<>> /\ fence = 0 /\ believes = [a \in Agents |-> {}] /\ asks = 0 /\ crashes = 0

Runs(a) == life[a] = "live" /\ ~paused[a]
Its(a) == {l \in leases : l.who = a}

Acquire(a, w) ==
  /\ Runs(a) /\ asks < MaxAsks
  /\ ~\E l \in Its(a) : Touches(l.want, w)
  /\ ~\E i \in Waits(a, line) : Touches(line[i].want, w)
  /\ LET asked == Append(line, [who |-> a, want |-> w]) IN
     IF InTheWay(a, w, leases, line) = {} THEN Settle(leases, asked, believes) /\ asks' = asks + 1
     ELSE IF Cycle(a, leases, asked) THEN UNCHANGED <<leases, line, fence, believes, asks>>
     ELSE line' = asked /\ asks' = asks + 1 /\ UNCHANGED <<leases, fence, believes>>
  /\ UNCHANGED <<life, paused, crashes>>
Release(l) ==
  /\ Runs(l.who) /\ l.token \in believes[l.who]
  /\ Settle(leases \ {l}, line, [believes EXCEPT ![l.who] = @ \ {l.token}])
  /\ UNCHANGED <<life, paused, asks, crashes>>
Expire(l) == ~paused[l.who] /\ Settle(leases \ {l}, line, believes) /\ UNCHANGED <<life, paused, asks, crashes>>
Force(l) == Settle(leases \ {l}, line, believes) /\ UNCHANGED <<life, paused, asks, crashes>>
Told(a) == /\ Runs(a) /\ believes' = [believes EXCEPT ![a] = {l.token : l \in Its(a)}]
           /\ UNCHANGED <<life, paused, leases, line, fence, asks, crashes>>
TimeOut(i) == /\ ~paused[line[i].who] /\ Settle(leases, Without(line, i), believes)
              /\ UNCHANGED <<life, paused, asks, crashes>>
Withdraw(i) == Settle(leases, Without(line, i), believes) /\ UNCHANGED <<life, paused, asks, crashes>>
Pause(a) == /\ Runs(a) /\ paused' = [paused EXCEPT ![a] = TRUE]
            /\ UNCHANGED <<life, leases, line, fence, believes, asks, crashes>>
Resume(a) == /\ paused[a] /\ paused' = [paused EXCEPT ![a] = FALSE]
             /\ UNCHANGED <<life, leases, line, fence, believes, asks, crashes>>
Crash(a) == /\ life[a] = "live" /\ crashes < MaxCrashes /\ crashes' = crashes + 1
            /\ life' = [life EXCEPT ![a] = "dead"] /\ paused' = [paused EXCEPT ![a] = FALSE]
            /\ Settle(leases \ Its(a), SelectSeq(line, LAMBDA r : r.who # a), [believes EXCEPT ![a] = {}])
            /\ UNCHANGED asks
Restart(a) == /\ life[a] = "dead" /\ life' = [life EXCEPT ![a] = "live"]
              /\ UNCHANGED <<paused, leases, line, fence, believes, asks, crashes>>
\* The supervisor dies and the next takes over: the clients that waited are gone, what is held stays held.
TakeOver == Settle(leases, <<>>, believes) /\ UNCHANGED <<life, paused, asks, crashes>>

Next == \/ \E a \in Agents : Told(a) \/ Pause(a) \/ Resume(a) \/ Crash(a) \/ Restart(a)
        \/ \E a \in Agents, w \in Menu : Acquire(a, w)
        \/ \E l \in leases : Release(l) \/ Expire(l) \/ Force(l)
        \/ \E i \in 1..Len(line) : TimeOut(i) \/ Withdraw(i)
        \/ TakeOver
Spec == Init /\ [][Next]_vars
\* A person who pauses goes on at last; and a deadline comes at last for whoever is not paused for ever.
Fair == \A a \in Agents : /\ WF_vars(Resume(a))
                          /\ SF_vars(\E l \in leases : l.who = a /\ Expire(l))
                          /\ SF_vars(\E i \in 1..Len(line) : line[i].who = a /\ TimeOut(i))
LiveSpec == Spec /\ Fair

\* ------------------------------------------------------------ safety, with the numbers of the design's list
TypeOK == /\ life \in [Agents -> {"live", "dead"}] /\ paused \in [Agents -> BOOLEAN]
          /\ \A l \in leases : l.who \in Agents /\ l.want \in Menu /\ l.token \in 1..fence
          /\ \A i \in 1..Len(line) : line[i].who \in Agents /\ line[i].want \in Menu
HolderLives == \A l \in leases : life[l.who] = "live"                                                   \* 1
NoConflict == \A l, m \in leases : l.who # m.who => ~Conflict(l.want, m.want)                          \* 2
TokensAreUnique == \A l, m \in leases : l.token = m.token => l = m                                     \* 3
NoCycle == \A a \in Agents : ~Cycle(a, leases, line)                                                   \* 4
NothingIsWaitedForInVain ==                                                                            \* 5
  \A i \in 1..Len(line) : InTheWay(line[i].who, line[i].want, leases, SubSeq(line, 1, i - 1)) # {}
TheDeadHoldNothing ==                                                                                  \* 10
  \A a \in Agents : life[a] = "dead" => Its(a) = {} /\ Waits(a, line) = {} /\ believes[a] = {}
\* A token that is believed is current and its believer's, or it is nobody's: no stale token ever passes.
NoStaleTokenPasses == \A a \in Agents : \A t \in believes[a] : \A l \in leases : l.token = t => l.who = a
HoldersKnow == \A l \in leases : l.token \in believes[l.who]
\* A lease is only granted after all earlier tokens: the fence never goes back.
FenceGrows == [][fence' >= fence]_vars
\* ------------------------------------------------------------ liveness
NobodyWaitsForEver == \A a \in Agents : (Waits(a, line) # {}) ~> (Waits(a, line) = {})
LeasesEnd == \A t \in 1..MaxAsks : (\E l \in leases : l.token = t) ~> ~(\E l \in leases : l.token = t)
=============================================================================
