use mailparse::{MailHeaderMap, ParsedMail};

use super::Written;

/// Headers of which a mail has at least two; a text may begin with a word and a colon as well.
const HEADERS: [&str; 7] = ["From", "To", "Subject", "Date", "Message-ID", "Received", "MIME-Version"];

/// Subject and text of a mail; `None` for what is none.
pub(super) fn parse(bytes: &[u8]) -> Option<Written> {
    // As mailboxes and pipes of mail servers begin.
    let bytes = match bytes.starts_with(b"From ") {
        true => &bytes[bytes.iter().position(|byte| *byte == b'\n')? + 1..],
        false => bytes,
    };
    let mail = mailparse::parse_mail(bytes).ok()?;
    let headers = mail.get_headers();
    if HEADERS.iter().filter(|name| headers.get_first_header(name).is_some()).count() < 2 {
        return None;
    }
    let title = headers.get_first_value("Subject").unwrap_or_default();
    let text = body(&mail, "text/plain").or_else(|| Some(without_tags(&body(&mail, "text/html")?)));
    Some(Written { title, text: text.unwrap_or_default() })
}

/// The first part of a type, which is no attachment.
fn body(mail: &ParsedMail<'_>, kind: &str) -> Option<String> {
    let is_attached = mail.get_content_disposition().disposition == mailparse::DispositionType::Attachment;
    if mail.subparts.is_empty() && mail.ctype.mimetype == kind && !is_attached {
        return mail.get_body().ok().filter(|text| !text.trim().is_empty());
    }
    mail.subparts.iter().find_map(|part| body(part, kind))
}

/// The text of HTML, near enough: it is read by people and searched for names.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once('<') {
        text += before;
        let (tag, after) = behind.split_once('>').unwrap_or((behind, ""));
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default().to_ascii_lowercase();
        rest = match name.as_str() {
            "style" | "script" if !tag.starts_with('/') => {
                let end = after.to_ascii_lowercase().find(&format!("</{name}")).unwrap_or(after.len());
                &after[end..]
            }
            _ => after,
        };
        if matches!(name.as_str(), "br" | "p" | "div" | "li" | "tr" | "table" | "blockquote") && !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text += rest;
    [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (name, character)| text.replace(name, character))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_of_a_mail_whatever_its_encoding() {
        let mail = "From: A <a@example.org>\r\nTo: ops@example.org\r\nSubject: =?utf-8?Q?web1:_Fehler_im_Men=C3=BC?=\r\nMIME-Version: 1.0\r\n\
                    Content-Type: multipart/alternative; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\
                    Content-Transfer-Encoding: quoted-printable\r\n\r\nnginx gives 502 since 14:00 =\r\non web1.\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>other</p>\r\n--x--\r\n";
        let written = parse(mail.as_bytes()).unwrap();
        assert_eq!(
            (written.title.as_str(), written.text.trim()),
            ("web1: Fehler im Menü", "nginx gives 502 since 14:00 on web1.")
        );
        let html = "From: a@example.org\nSubject: s\nContent-Type: text/html\n\n<style>p{}</style><p>disk &amp; memory<br>full</p>";
        assert_eq!(parse(html.as_bytes()).unwrap().text.trim(), "disk & memory\nfull");
        assert_eq!(parse(b"Note: the disk is full\n\nSince: today"), None);
    }

    proptest! {
        #[test]
        fn no_mail_is_too_broken(bytes in prop::collection::vec(any::<u8>(), 0..300), body in "\\PC{0,80}") {
            parse(&bytes);
            parse(format!("From: a\nSubject: b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n{body}").as_bytes());
            without_tags(&body);
        }
    }
}
