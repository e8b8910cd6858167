//! Answers that come piece by piece.

use std::sync::mpsc;
use std::time::Duration;

use tai_llm::{ChatModel, ChatReply, Error, OpenAiModel, OpenAiOptions};

use crate::peer::{ANSWER, Peer};
use crate::server::{EVENTS_HEAD, Server, Step, answer, events, piece, says};
use crate::support::{chain, hello, options};

/// The reply, the pieces, and the tokens that the last of them told.
async fn stream(options: OpenAiOptions) -> (Result<ChatReply, Error>, Vec<String>, u64) {
    let (mut pieces, mut tokens) = (Vec::new(), 0);
    let model = OpenAiModel::new(options).unwrap();
    let reply = model
        .chat_streamed(&hello(), &mut |piece| {
            pieces.push(piece.text.to_owned());
            tokens = piece.tokens;
        })
        .await;
    (reply, pieces, tokens)
}

fn sse(texts: &[&str]) -> Vec<u8> {
    let body: String = texts.iter().map(|text| format!("data: {}\n\n", piece(text))).collect();
    [EVENTS_HEAD, body.as_bytes()].concat()
}

#[tokio::test]
async fn pieces_are_passed_on_as_they_come_and_make_the_answer() {
    for peer in Peer::all(4096) {
        let server = Server::like(peer, []);
        let (reply, pieces, tokens) = stream(options(&server)).await;
        assert_eq!(pieces.concat(), ANSWER, "{peer:?}");
        assert_eq!(reply.unwrap().text, ANSWER);
        assert!(pieces.len() > 4, "{pieces:?}");
        // Reasoning shows no text and counts.
        assert!(pieces[0].is_empty() && tokens >= 5, "{peer:?}: {tokens} {pieces:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let server = Server::start([says("It is\nfull.")]);
    let (reply, pieces, _) = stream(options(&server)).await;
    assert_eq!((reply.unwrap().text.as_str(), pieces.concat().as_str()), ("It is\nfull.", "It is\nfull."));
}

#[tokio::test]
async fn an_answer_without_its_last_event_is_whole_if_the_model_was_done() {
    let end = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
    let server = Server::start([Step::Send([sse(&["It is."]), format!("data: {end}\n\n").into_bytes()].concat())]);
    assert_eq!(stream(options(&server)).await.0.unwrap().text, "It is.");
}

#[tokio::test]
async fn a_cut_answer_is_an_error_and_not_asked_again() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let one = format!("data: {}\n\n", piece("The root"));
    let half_a_chunk = format!("{:x}\r\n{one}\r\n{:x}\r\ndata: {{\"cho", one.len(), one.len());
    let cases = [
        (sse(&["The root", " cause"]), 2, "the answer from `URL` broke off after 2 tokens"),
        (
            [chunked, half_a_chunk.into_bytes()].concat(),
            1,
            "the answer from `URL` broke off after 1 tokens: lost the connection to `URL`: Peer disconnected",
        ),
        (
            [sse(&["The"]), b"data: {\"error\":{\"code\":503,\"message\":\"out of\\nmemory\"}}\n\n".to_vec()].concat(),
            1,
            "the answer from `URL` broke off after 1 tokens: HTTP status 503 from `URL`: out of memory",
        ),
        (
            [sse(&["The"]), b"data: nonsense\n\n".to_vec()].concat(),
            1,
            "the answer from `URL` broke off after 1 tokens: malformed reply: it is not JSON: nonsense: expected ident at line 1 column 2",
        ),
    ];
    for (bytes, tokens, expect) in cases {
        let server = Server::start([Step::Send(bytes), says("must not be asked for")]);
        let (reply, pieces, _) = stream(options(&server)).await;
        let error = reply.unwrap_err();
        assert_eq!(chain(&error), expect.replace("URL", &server.base_url()));
        assert_eq!((pieces.len(), server.requests().len()), (tokens, 1));
    }
}

#[tokio::test]
async fn ollamas_own_stream_is_cut_in_the_same_way() {
    let line = r#"{"message":{"content":"The"},"done":false}"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n";
    for (end, expect) in
        [("", "broke off after 1 tokens"), ("{\"error\":\"no memory\"}\n", "HTTP status 500 from `URL`: no memory")]
    {
        let server = Server::like(Peer::ollama(4096), [Step::Send(format!("{head}{line}\n{end}").into_bytes())]);
        let error = stream(options(&server)).await.0.unwrap_err();
        assert!(chain(&error).ends_with(&expect.replace("URL", &server.base_url())), "{}", chain(&error));
    }
}

#[tokio::test]
async fn what_fails_before_the_first_piece_is_asked_again() {
    let role = r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#;
    let failures = [
        || answer("503 Service Unavailable", &[], "busy"),
        || answer("429 Too Many Requests", &["retry-after: 0"], ""),
        || Step::Send(EVENTS_HEAD.to_vec()),
        || Step::Send([EVENTS_HEAD, b"data: {\"error\":{\"code\":503,\"message\":\"loading\"}}\n\n"].concat()),
    ];
    for failure in failures {
        let server = Server::start([failure(), failure(), events(&[role, &piece("yes")])]);
        assert_eq!(stream(options(&server)).await.0.unwrap().text, "yes");
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn a_slow_first_token_is_waited_for_as_long_as_allowed() {
    let slow = |pause| {
        // Headers and a comment come at once, as from servers that keep the connection alive.
        let pieces = [
            EVENTS_HEAD.to_vec(),
            b": wait\n\n".to_vec(),
            sse(&["late"])[EVENTS_HEAD.len()..].to_vec(),
            b"data: [DONE]\n\n".to_vec(),
        ];
        Step::Slowly(Duration::from_millis(pause), pieces.to_vec())
    };
    let server = Server::start([slow(60), slow(60)]);
    let mut options = options(&server);
    // Silence counts from the first token only.
    options.silence_timeout = Duration::from_millis(150);
    options.first_token_timeout = Duration::from_secs(60);
    assert_eq!(stream(options.clone()).await.0.unwrap().text, "late");
    options.first_token_timeout = Duration::from_millis(50);
    let error = stream(options).await.0.unwrap_err();
    assert!(matches!(error, Error::Timeout { after, .. } if after.as_millis() == 50), "{error}");
}

#[tokio::test]
async fn an_answer_that_falls_silent_is_given_up() {
    let late = format!("data: {}\n\n", piece("late")).into_bytes();
    let server = Server::start([Step::Slowly(Duration::from_millis(600), vec![sse(&["The"]), late])]);
    let mut options = options(&server);
    options.silence_timeout = Duration::from_millis(50);
    let error = stream(options).await.0.unwrap_err();
    assert!(matches!(error, Error::Stalled { tokens: 1, after, .. } if after.as_millis() == 50), "{error}");
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let chunk = format!("data: {}\n\n", piece("and so on ")).into_bytes();
    let line = b"data: aaaaaaaaaaaaaaaa".to_vec();
    for (piece, expect_text) in [(chunk, true), (line, false)] {
        let server = Server::start([Step::Endless(EVENTS_HEAD.to_vec(), piece)]);
        let mut options = options(&server);
        options.max_reply_bytes = 200_000;
        let error = stream(options).await.0.unwrap_err();
        let is_cut = matches!(&error, Error::AnswerCut { source: Some(source), .. } if matches!(**source, Error::ReplyTooLarge { .. }));
        assert_eq!(is_cut, expect_text, "{error}");
        assert!(is_cut || matches!(error, Error::ReplyTooLarge { limit: 200_000, .. }), "{error}");
    }
}

#[tokio::test]
async fn invalid_utf8_in_a_piece_does_not_cost_the_answer() {
    let body = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xffb\"}}]}\n\ndata: [DONE]\n\n";
    let server = Server::start([Step::Send([EVENTS_HEAD, body].concat())]);
    assert_eq!(stream(options(&server)).await.0.unwrap().text, "a\u{fffd}b");
}

#[tokio::test]
async fn events_of_another_schema_are_no_answer() {
    for data in [r#"{"text":"It is."}"#, r#"{"choices":"It is."}"#, r#"{"choices":[{"delta":["It is."]}]}"#, "[]", "7"]
    {
        let server = Server::start([events(&[data])]);
        let error = stream(options(&server)).await.0.unwrap_err();
        assert!(matches!(error, Error::EmptyAnswer { .. }), "{data}: {error}");
    }
}

#[tokio::test]
async fn html_where_a_stream_should_be_is_malformed() {
    let server = Server::start([answer("200 OK", &["content-type: text/html"], "<html>\n<p>Sign in")]);
    let error = stream(options(&server)).await.0.unwrap_err();
    assert_eq!(error.to_string(), "malformed reply: it is not JSON: <html> <p>Sign in");
}

#[tokio::test]
async fn dropping_the_future_of_a_stream_hangs_up() {
    let (hung_up, seen) = mpsc::channel();
    let server = Server::start([Step::Hang(hung_up)]);
    let model = OpenAiModel::new(options(&server)).unwrap();
    let request = hello();
    {
        let mut on_piece = |_: tai_llm::Piece<'_>| {};
        let mut answer = model.chat_streamed(&request, &mut on_piece);
        while server.requests().is_empty() {
            let slice = tokio::time::timeout(Duration::from_millis(5), &mut answer).await;
            assert!(slice.is_err(), "the server never answers");
        }
    }
    seen.recv_timeout(Duration::from_secs(60)).unwrap();
}
