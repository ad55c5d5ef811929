//! The client's side of the frame stream: it receives pictures and sends keys, over a WebSocket on the control socket.

use super::error::{ClientError, Skew};
use super::http::{ANSWER_DEADLINE, connect};
use crate::api::stream::{FromViewer, MESSAGE_BYTES_MAX, STREAM, STREAM_VERSION, ToViewer};
use crate::place::Place;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The name of the frame stream in errors.
const WHAT: &str = "the frame stream";

/// The receiving side of a frame stream, for pictures.
#[derive(Debug)]
pub struct Pictures(SplitStream<WebSocketStream<UnixStream>>);

/// The sending side of a frame stream, for keys.
#[derive(Debug)]
pub struct Keys(SplitSink<WebSocketStream<UnixStream>, Message>);

/// A frame stream that has said hello in our version.
#[derive(Debug)]
pub struct Viewer {
    /// The receiving side of the stream, for pictures.
    pub pictures: Pictures,
    /// The sending side of the stream, for keys.
    pub keys: Keys,
}

impl Viewer {
    /// Opens a frame stream to the fleet's supervisor.
    ///
    /// # Errors
    /// Every error of [`super::Client::connect`]; [`ClientError::Skew`] when the streams' versions differ.
    pub async fn open(place: &Place) -> Result<Viewer, ClientError> {
        let stream = connect(place).await?;
        match timeout(ANSWER_DEADLINE, Viewer::greet(stream)).await {
            Ok(viewer) => viewer,
            Err(_) => Err(ClientError::Silent { what: WHAT.to_owned(), waited: ANSWER_DEADLINE }),
        }
    }

    async fn greet(stream: UnixStream) -> Result<Viewer, ClientError> {
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let (socket, _) = client_async_with_config(format!("ws://localhost{}", STREAM.path), stream, Some(limits))
            .await
            .map_err(|error| ClientError::broken(WHAT, error))?;
        let (sink, stream) = socket.split();
        let mut viewer = Viewer { pictures: Pictures(stream), keys: Keys(sink) };
        viewer.keys.send(&FromViewer::Hello { version: STREAM_VERSION }).await?;
        match viewer.pictures.next().await? {
            Some(ToViewer::Hello { version: STREAM_VERSION }) => Ok(viewer),
            Some(ToViewer::Hello { version: theirs }) => {
                Err(ClientError::Skew(Skew { of: "stream", ours: STREAM_VERSION, theirs, their_build: None }))
            }
            other => Err(ClientError::broken(WHAT, format!("expected a hello, got {other:?}"))),
        }
    }
}

impl Keys {
    /// Sends a message to the supervisor.
    ///
    /// # Errors
    /// [`ClientError::Broken`] when the stream has ended.
    pub async fn send(&mut self, message: &FromViewer) -> Result<(), ClientError> {
        let bytes = postcard::to_stdvec(message).map_err(|error| ClientError::broken(WHAT, error))?;
        self.0.send(Message::binary(bytes)).await.map_err(|error| ClientError::broken(WHAT, error))
    }
}

impl Pictures {
    /// Returns the supervisor's next message; none when it has ended the stream. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`ClientError::Broken`] when the stream breaks or cannot be understood.
    pub async fn next(&mut self) -> Result<Option<ToViewer>, ClientError> {
        loop {
            match self.0.next().await {
                None | Some(Ok(Message::Close(_))) => return Ok(None),
                Some(Ok(Message::Binary(bytes))) => {
                    return postcard::from_bytes(&bytes).map(Some).map_err(|error| ClientError::broken(WHAT, error));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(ClientError::broken(WHAT, error)),
            }
        }
    }
}
