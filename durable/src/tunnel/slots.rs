//! The open streams of the tunnel: what has arrived on each, what the agent may still send, and who
//! waits for it. Pure: frames in, results out; the sockets are the caller's.

use std::collections::{HashMap, VecDeque};
use std::task::{Poll, Waker};

use moecraft_wire::tunnel::{Fail, FailKind, Head, MAX_STREAMS, WINDOW};

/// Streams of one object at once, over all agents. With [`WINDOW`] bytes each they stay far below
/// an isolate's 128 MB.
const MAX_OPEN: usize = 256;

/// Credit goes back to the agent in pieces of at least this many bytes.
const CREDIT_STEP: u32 = WINDOW / 2;

/// Every open stream by its id.
#[derive(Debug)]
pub(super) struct Slots {
    next: u32,
    open: HashMap<u32, Slot>,
}

/// What arrived on a stream.
#[derive(Debug)]
pub(super) enum Arrival {
    Head(Head),
    Data(Vec<u8>),
    End(Result<(), Fail>),
}

/// What an arrival was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// In order, or for a stream that is closed by now.
    Taken,
    /// Against the protocol: the stream has failed, and the agent is to be told to stop.
    Violation,
}

/// A piece of an answer on its way to the caller.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    /// Bytes that the agent is to be given back now.
    pub(super) credit: Option<u32>,
}

#[derive(Debug)]
struct Slot {
    connection: u32,
    request: Option<String>,
    head: Expected,
    queue: VecDeque<Vec<u8>>,
    /// Bytes the agent may still send.
    window: u32,
    /// Bytes the caller has taken that the agent has not been given back.
    taken: u32,
    end: Option<Result<(), Fail>>,
    waker: Option<Waker>,
}

#[derive(Debug)]
enum Expected {
    Awaited,
    Arrived(Head),
    Taken,
}

impl Slots {
    /// An empty table whose first stream is `first`. That must be random: after a restart of the
    /// object the agent may still be answering on streams of the one before.
    pub(super) fn new(first: u32) -> Self {
        Self {
            next: first,
            open: HashMap::new(),
        }
    }

    /// Opens a stream to an agent, for the request of this name if it has one.
    pub(super) fn open(&mut self, connection: u32, request: Option<String>) -> Result<u32, Fail> {
        if self.open.len() >= MAX_OPEN || self.load(connection) >= MAX_STREAMS {
            return Err(Fail::new(
                FailKind::AgentBusy,
                "no room for another stream to the agent",
            ));
        }
        while self.next == 0 || self.open.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let stream = self.next;
        self.next = self.next.wrapping_add(1);
        self.open.insert(
            stream,
            Slot {
                connection,
                request,
                head: Expected::Awaited,
                queue: VecDeque::new(),
                window: WINDOW,
                taken: 0,
                end: None,
                waker: None,
            },
        );
        Ok(stream)
    }

    /// Open streams to an agent.
    pub(super) fn load(&self, connection: u32) -> usize {
        self.open
            .values()
            .filter(|slot| slot.connection == connection)
            .count()
    }

    /// Takes in what an agent sent. Streams of other agents are out of its reach.
    pub(super) fn deliver(&mut self, connection: u32, stream: u32, arrival: Arrival) -> Delivery {
        let Some(slot) = self.open.get_mut(&stream) else {
            return Delivery::Taken;
        };
        if slot.connection != connection {
            return Delivery::Violation;
        }
        if slot.end.is_some() {
            return Delivery::Taken;
        }
        let in_order = slot.accept(arrival);
        if !in_order {
            slot.end = Some(Err(Fail::new(
                FailKind::AgentLost,
                "the agent broke the tunnel's protocol",
            )));
        }
        slot.wake();
        if in_order {
            Delivery::Taken
        } else {
            Delivery::Violation
        }
    }

    /// Fails every stream of an agent that is gone.
    pub(super) fn lose(&mut self, connection: u32, why: &str) {
        for slot in self.open.values_mut() {
            if slot.connection == connection {
                slot.fail(Fail::new(FailKind::AgentLost, why));
            }
        }
    }

    /// Fails every stream of a request that nobody waits for any more; answers the streams and their
    /// connections that are to be cancelled.
    pub(super) fn abandon(&mut self, request: &str) -> Vec<(u32, u32)> {
        let mut cancelled = Vec::new();
        for (stream, slot) in &mut self.open {
            if slot.request.as_deref() == Some(request) && slot.end.is_none() {
                slot.fail(Fail::new(
                    FailKind::AgentTimeout,
                    "the caller gave the request up",
                ));
                cancelled.push((*stream, slot.connection));
            }
        }
        cancelled
    }

    /// The answer's head, once.
    pub(super) fn poll_head(&mut self, stream: u32, waker: &Waker) -> Poll<Result<Head, Fail>> {
        let Some(slot) = self.open.get_mut(&stream) else {
            return Poll::Ready(Err(closed()));
        };
        match std::mem::replace(&mut slot.head, Expected::Taken) {
            Expected::Arrived(head) => return Poll::Ready(Ok(head)),
            before => slot.head = before,
        }
        match &slot.end {
            Some(Err(fail)) => Poll::Ready(Err(fail.clone())),
            Some(Ok(())) => Poll::Ready(Err(closed())),
            None => {
                slot.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }

    /// The answer's next piece; what arrived before a failure comes before the failure.
    pub(super) fn poll_piece(
        &mut self,
        stream: u32,
        waker: &Waker,
    ) -> Poll<Option<Result<Piece, Fail>>> {
        let Some(slot) = self.open.get_mut(&stream) else {
            return Poll::Ready(None);
        };
        if let Some(bytes) = slot.queue.pop_front() {
            let credit = slot.credit(bytes.len());
            return Poll::Ready(Some(Ok(Piece { bytes, credit })));
        }
        match &slot.end {
            Some(Ok(())) => Poll::Ready(None),
            Some(Err(fail)) => Poll::Ready(Some(Err(fail.clone()))),
            None => {
                slot.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }

    /// Closes a stream; answers the connection that must be told to stop, if it has not ended yet.
    pub(super) fn close(&mut self, stream: u32) -> Option<u32> {
        let slot = self.open.remove(&stream)?;
        slot.end.is_none().then_some(slot.connection)
    }
}

impl Slot {
    /// Whether the arrival is in order; a false one changes nothing.
    fn accept(&mut self, arrival: Arrival) -> bool {
        match (arrival, &self.head) {
            (Arrival::Head(head), Expected::Awaited) => self.head = Expected::Arrived(head),
            (Arrival::Data(bytes), Expected::Arrived(_) | Expected::Taken) => {
                let Some(rest) = u32::try_from(bytes.len())
                    .ok()
                    .and_then(|len| self.window.checked_sub(len))
                else {
                    return false;
                };
                self.window = rest;
                // An empty piece would cost no window, so a queue of them would know no bound.
                if !bytes.is_empty() {
                    self.queue.push_back(bytes);
                }
            }
            (Arrival::End(Err(fail)), _) => self.end = Some(Err(fail)),
            (Arrival::End(Ok(())), Expected::Arrived(_) | Expected::Taken) => {
                self.end = Some(Ok(()));
            }
            _ => return false,
        }
        true
    }

    /// Counts bytes the caller has taken; answers what the agent gets back once it is worth a frame.
    fn credit(&mut self, len: usize) -> Option<u32> {
        self.taken = self
            .taken
            .saturating_add(u32::try_from(len).unwrap_or(WINDOW));
        if self.taken < CREDIT_STEP || self.end.is_some() {
            return None;
        }
        self.window += self.taken;
        Some(std::mem::take(&mut self.taken))
    }

    fn fail(&mut self, fail: Fail) {
        if self.end.is_none() {
            self.end = Some(Err(fail));
            self.wake();
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

fn closed() -> Fail {
    Fail::new(
        FailKind::AgentLost,
        "the stream ended before its answer began",
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use moecraft_wire::tunnel::CHUNK;

    use super::*;

    const A: u32 = 1;
    const B: u32 = 2;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn head() -> Arrival {
        Arrival::Head(Head {
            status: 200,
            content_type: None,
        })
    }

    fn idle() -> &'static Waker {
        Waker::noop()
    }

    /// A table with one stream on which the head has been read.
    fn streaming() -> (Slots, u32) {
        let mut slots = Slots::new(7);
        let stream = slots.open(A, None).unwrap();
        assert_eq!(slots.deliver(A, stream, head()), Delivery::Taken);
        assert!(matches!(
            slots.poll_head(stream, idle()),
            Poll::Ready(Ok(_))
        ));
        (slots, stream)
    }

    fn data(slots: &mut Slots, stream: u32, len: usize) -> Delivery {
        slots.deliver(A, stream, Arrival::Data(vec![0; len]))
    }

    fn piece(slots: &mut Slots, stream: u32) -> Piece {
        match slots.poll_piece(stream, idle()) {
            Poll::Ready(Some(Ok(piece))) => piece,
            other => panic!("no piece but {other:?}"),
        }
    }

    fn failure(slots: &mut Slots, stream: u32) -> FailKind {
        match slots.poll_piece(stream, idle()) {
            Poll::Ready(Some(Err(fail))) => fail.kind,
            other => panic!("no failure but {other:?}"),
        }
    }

    #[test]
    fn ids_go_on_from_the_start_skip_zero_and_those_in_use() {
        let mut slots = Slots::new(u32::MAX);
        assert_eq!(slots.open(A, None).unwrap(), u32::MAX);
        assert_eq!(slots.open(A, None).unwrap(), 1);
        slots.next = u32::MAX;
        assert_eq!(slots.open(A, None).unwrap(), 2);
    }

    #[test]
    fn pieces_come_out_in_order_and_then_the_end() {
        let (mut slots, stream) = streaming();
        for text in ["one", "two"] {
            slots.deliver(A, stream, Arrival::Data(text.into()));
        }
        slots.deliver(A, stream, Arrival::End(Ok(())));
        assert_eq!(piece(&mut slots, stream).bytes, b"one");
        assert_eq!(piece(&mut slots, stream).bytes, b"two");
        assert!(matches!(
            slots.poll_piece(stream, idle()),
            Poll::Ready(None)
        ));
        assert_eq!(slots.close(stream), None, "an ended stream needs no cancel");
    }

    #[test]
    fn who_waits_is_woken_by_each_arrival() {
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let mut slots = Slots::new(1);
        let stream = slots.open(A, None).unwrap();
        assert!(slots.poll_head(stream, &waker).is_pending());
        slots.deliver(A, stream, head());
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(slots.poll_head(stream, &waker).is_ready());
        assert!(slots.poll_piece(stream, &waker).is_pending());
        slots.lose(A, "gone");
        assert_eq!(count.0.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn credit_goes_back_when_half_the_window_is_taken() {
        let (mut slots, stream) = streaming();
        for _ in 0..4 {
            assert_eq!(data(&mut slots, stream, CHUNK), Delivery::Taken);
        }
        assert_eq!(piece(&mut slots, stream).credit, None);
        assert_eq!(piece(&mut slots, stream).credit, Some(CREDIT_STEP));
        assert_eq!(piece(&mut slots, stream).credit, None);
        assert_eq!(piece(&mut slots, stream).credit, Some(CREDIT_STEP));
    }

    #[test]
    fn the_agent_may_send_exactly_what_it_was_granted() {
        let (mut slots, stream) = streaming();
        let mut granted = WINDOW as usize;
        let mut sent = 0;
        for round in 1..100 {
            let len = (round * 7919) % CHUNK + 1;
            if sent + len > granted {
                let taken = piece(&mut slots, stream);
                granted += taken.credit.unwrap_or(0) as usize;
                continue;
            }
            assert_eq!(data(&mut slots, stream, len), Delivery::Taken);
            sent += len;
        }
        assert!(sent > WINDOW as usize, "the window was never refilled");
        while granted > sent {
            let len = (granted - sent).min(CHUNK);
            assert_eq!(data(&mut slots, stream, len), Delivery::Taken);
            sent += len;
        }
        assert_eq!(data(&mut slots, stream, 1), Delivery::Violation);
    }

    #[test]
    fn empty_pieces_are_not_kept() {
        let (mut slots, stream) = streaming();
        assert_eq!(data(&mut slots, stream, 0), Delivery::Taken);
        assert!(slots.poll_piece(stream, idle()).is_pending());
    }

    #[test]
    fn what_is_out_of_order_fails_the_stream() {
        let orders: [fn(&mut Slots, u32) -> Delivery; 3] = [
            |slots, stream| data(slots, stream, 1),
            |slots, stream| slots.deliver(A, stream, Arrival::End(Ok(()))),
            |slots, stream| {
                slots.deliver(A, stream, head());
                slots.deliver(A, stream, head())
            },
        ];
        for wrong in orders {
            let mut slots = Slots::new(1);
            let stream = slots.open(A, None).unwrap();
            assert_eq!(wrong(&mut slots, stream), Delivery::Violation);
            assert_eq!(failure(&mut slots, stream), FailKind::AgentLost);
            assert_eq!(
                data(&mut slots, stream, 1),
                Delivery::Taken,
                "said only once"
            );
        }
    }

    #[test]
    fn an_agent_cannot_write_on_anothers_stream() {
        let mut slots = Slots::new(1);
        let stream = slots.open(A, None).unwrap();
        assert_eq!(slots.deliver(B, stream, head()), Delivery::Violation);
        assert!(
            slots.poll_head(stream, idle()).is_pending(),
            "the owner's stream lives"
        );
    }

    #[test]
    fn a_lost_agent_fails_its_streams_after_what_had_arrived() {
        let (mut slots, stream) = streaming();
        let other = slots.open(B, None).unwrap();
        slots.deliver(A, stream, Arrival::Data(b"half".into()));
        slots.lose(A, "gone");
        assert_eq!(piece(&mut slots, stream).bytes, b"half");
        assert_eq!(failure(&mut slots, stream), FailKind::AgentLost);
        assert_eq!(
            slots.close(stream),
            None,
            "there is nobody to send a cancel to"
        );
        assert!(slots.poll_head(other, idle()).is_pending());
        assert_eq!(slots.close(other), Some(B));
    }

    #[test]
    fn a_failure_before_the_head_is_what_the_caller_gets() {
        let mut slots = Slots::new(1);
        let stream = slots.open(A, None).unwrap();
        let gone = Fail::new(FailKind::ModelGone, "no such model");
        slots.deliver(A, stream, Arrival::End(Err(gone.clone())));
        assert!(matches!(slots.poll_head(stream, idle()), Poll::Ready(Err(fail)) if fail == gone));
    }

    #[test]
    fn an_abandoned_request_is_cancelled_once() {
        let mut slots = Slots::new(5);
        let stream = slots.open(A, Some("r1".into())).unwrap();
        slots.open(A, Some("r2".into())).unwrap();
        assert_eq!(slots.abandon("r1"), [(stream, A)]);
        assert_eq!(slots.abandon("r1"), []);
        assert_eq!(slots.close(stream), None);
        assert_eq!(slots.load(A), 1);
    }

    #[test]
    fn an_agent_and_an_object_have_room_for_so_many_streams() {
        let mut slots = Slots::new(1);
        for _ in 0..MAX_STREAMS {
            slots.open(A, None).unwrap();
        }
        assert_eq!(slots.open(A, None).unwrap_err().kind, FailKind::AgentBusy);
        for i in MAX_STREAMS..MAX_OPEN {
            slots.open(10 + (i / MAX_STREAMS) as u32, None).unwrap();
        }
        assert_eq!(slots.open(B, None).unwrap_err().kind, FailKind::AgentBusy);
        slots.close(1);
        assert!(slots.open(A, None).is_ok());
    }
}
