//! Packets as they stand in the protocol's document, and what is none.

mod fuzz;

use super::*;

/// Reads a text that is a whole packet.
fn read(text: &'static str) -> Result<Packet, Malformed> {
    let packet = Decoder::new(3, 1_000).text(&ByteString::from_static(text))?;
    Ok(packet.expect("a packet without attachments"))
}

/// Reads a text and its attachments.
fn read_binary(text: &'static str, attachments: &[&'static [u8]]) -> Result<Packet, Malformed> {
    let mut decoder = Decoder::new(3, 1_000);
    let mut packet = decoder.text(&ByteString::from_static(text))?;
    for data in attachments {
        assert_eq!(packet, None);
        packet = decoder.binary(Bytes::from_static(data))?;
    }
    Ok(packet.expect("a whole packet"))
}

fn write(packet: &Packet) -> String {
    let mut text = String::new();
    packet.write(&mut text);
    text
}

fn packet(namespace: &'static str, body: Body) -> Packet {
    let namespace = ByteString::from_static(namespace);
    Packet { namespace, body }
}

fn args(json: &'static str) -> Args {
    Args::with_attachments(json, vec![]).unwrap()
}

fn event(id: Option<u64>, name: &str, json: &'static str) -> Body {
    Body::Event {
        id,
        name: name.into(),
        args: args(json),
    }
}

fn json(text: &'static str) -> Option<ByteString> {
    Some(ByteString::from_static(text))
}

#[test]
fn each_packet_is_written_and_read_as_the_document_has_it() {
    let ack = |id, json| Body::Ack {
        id,
        args: args(json),
    };
    let packets = [
        ("0", packet("/", Body::Connect(None))),
        (
            r#"0{"token":"123"}"#,
            packet("/", Body::Connect(json(r#"{"token":"123"}"#))),
        ),
        (
            r#"0/admin,{"sid":"x"}"#,
            packet("/admin", Body::Connect(json(r#"{"sid":"x"}"#))),
        ),
        ("0/admin,", packet("/admin", Body::Connect(None))),
        ("1", packet("/", Body::Disconnect)),
        ("1/admin,", packet("/admin", Body::Disconnect)),
        (r#"2["foo"]"#, packet("/", event(None, "foo", "[]"))),
        (
            r#"2["foo",1,{"a":[2]},"€"]"#,
            packet("/", event(None, "foo", r#"[1,{"a":[2]},"€"]"#)),
        ),
        (
            r#"2/admin,["bar"]"#,
            packet("/admin", event(None, "bar", "[]")),
        ),
        (r#"212["foo"]"#, packet("/", event(Some(12), "foo", "[]"))),
        (
            r#"2/admin,0["foo",null]"#,
            packet("/admin", event(Some(0), "foo", "[null]")),
        ),
        ("313[]", packet("/", ack(13, "[]"))),
        (
            "3/admin,9007199254740991[\"bar\"]",
            packet("/admin", ack(MAX_ID, r#"["bar"]"#)),
        ),
        (
            r#"4{"message":"Not authorized"}"#,
            packet(
                "/",
                Body::ConnectError(json(r#"{"message":"Not authorized"}"#)),
            ),
        ),
        (
            r#"4/admin,"no""#,
            packet("/admin", Body::ConnectError(json(r#""no""#))),
        ),
    ];
    for (text, packet) in packets {
        assert_eq!(write(&packet), text);
        assert_eq!(read(text), Ok(packet));
    }
}

#[test]
fn a_binary_packet_is_its_text_and_its_attachments() {
    let text = r#"52-/admin,7["baz",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
    let packet = read_binary(text, &[b"\x01", b""]).unwrap();
    let Body::Event { id, name, args } = &packet.body else {
        panic!("{packet:?}");
    };
    assert_eq!((*id, name.as_str(), args.len()), (Some(7), "baz", 2));
    assert_eq!(args.attachments(), [&b"\x01"[..], b""]);
    assert_eq!(packet.attachments(), args.attachments());
    assert_eq!(write(&packet), text);

    let text = r#"61-15["bar",{"_placeholder":true,"num":0}]"#;
    let packet = read_binary(text, &[b"\x01\x02"]).unwrap();
    assert!(matches!(&packet.body, Body::Ack { id: 15, args } if args.len() == 2));
    assert_eq!(write(&packet), text);
}

#[test]
fn what_is_no_packet_is_malformed() {
    let wrong = [
        ("", Malformed::Type),
        ("7", Malformed::Type),
        ("a", Malformed::Type),
        ("€", Malformed::Type),
        (r#"["foo"]"#, Malformed::Type),
        ("0[]", Malformed::Payload),
        ("0null", Malformed::Payload),
        ("0{", Malformed::Payload),
        ("0{}x", Malformed::Payload),
        (r#"0"token""#, Malformed::Payload),
        ("1{}", Malformed::Payload),
        ("1 ", Malformed::Payload),
        ("1/admin,[]", Malformed::Payload),
        ("2", Malformed::Payload),
        ("2{}", Malformed::Payload),
        ("2[", Malformed::Payload),
        (r#"2["foo""#, Malformed::Payload),
        (r#"2["foo",]"#, Malformed::Payload),
        (r#"2["foo"]]"#, Malformed::Payload),
        (r#"2["foo",undefined]"#, Malformed::Payload),
        (r#"2["foo"]["bar"]"#, Malformed::Payload),
        (r#"2abc["foo"]"#, Malformed::Payload),
        (r#"2-1["foo"]"#, Malformed::Payload),
        ("2\"foo\"", Malformed::Payload),
        ("2[]", Malformed::Name),
        ("2[1]", Malformed::Name),
        ("2[null]", Malformed::Name),
        (r#"2[["foo"]]"#, Malformed::Name),
        (r#"2["\ud800"]"#, Malformed::Name),
        (r#"2["connect"]"#, Malformed::Name),
        (r#"2["connect_error"]"#, Malformed::Name),
        (r#"2["disconnect"]"#, Malformed::Name),
        (r#"2["disconnecting"]"#, Malformed::Name),
        (r#"2["newListener"]"#, Malformed::Name),
        (r#"2["removeListener"]"#, Malformed::Name),
        (r#"2["\u0063onnect"]"#, Malformed::Name),
        (r#"29007199254740992["foo"]"#, Malformed::Id),
        (r#"299999999999999999999999["foo"]"#, Malformed::Id),
        ("3[]", Malformed::Id),
        ("3", Malformed::Id),
        ("31", Malformed::Payload),
        ("31{}", Malformed::Payload),
        ("4[]", Malformed::Payload),
        ("4/admin,1x", Malformed::Payload),
        (r#"5["foo"]"#, Malformed::Attachments),
        (r#"5-["foo"]"#, Malformed::Attachments),
        (r#"50-["foo"]"#, Malformed::Attachments),
        (r#"5+1-["foo"]"#, Malformed::Attachments),
        (r#"51.5-["foo"]"#, Malformed::Attachments),
        ("51", Malformed::Attachments),
        (r#"60-1["foo"]"#, Malformed::Attachments),
        (r#"54-["foo"]"#, Malformed::TooManyAttachments),
        (
            r#"599999999999999999999999-["foo"]"#,
            Malformed::TooManyAttachments,
        ),
    ];
    for (text, error) in wrong {
        assert_eq!(read(text), Err(error), "{text}");
    }
}

#[test]
fn a_placeholder_stands_for_an_attachment_that_there_is() {
    let with = |placeholder: &str| {
        let text = format!(r#"52-["foo",{{"a":[{placeholder}]}}]"#);
        Decoder::new(3, 1_000).text(&text.into())
    };
    let right = [
        r#"{"_placeholder":true,"num":0}"#,
        r#"{"num" : 1 , "_placeholder" : true}"#,
        r#"{"_placeholder":true,"num":7,"num":1.0}"#,
        r#"{"_placeholder":false,"num":7}"#,
        r#"{"_placeholder":"true","num":7}"#,
        r#"{"_placeholder":true,"num":7,"_placeholder":[true]}"#,
        r#"{"a":"_placeholder","num":7,"b":"\"_placeholder\":true"}"#,
        r#""{\"_placeholder\":true,\"num\":7}""#,
        r#""\ud800 is half a character""#,
        "1",
    ];
    for placeholder in right {
        assert_eq!(with(placeholder), Ok(None), "{placeholder}");
    }
    let wrong = [
        r#"{"_placeholder":true,"num":2}"#,
        r#"{"_placeholder":true,"num":-1}"#,
        r#"{"_placeholder":true,"num":0.5}"#,
        r#"{"_placeholder":true,"num":1e999}"#,
        r#"{"_placeholder":true,"num":"0"}"#,
        r#"{"_placeholder":true,"num":[0]}"#,
        r#"{"_placeholder":true,"num":0,"num":{}}"#,
        r#"{"_placeholder":true}"#,
        r#"{"num":7,"_placeholder":false,"_placeholder":true}"#,
        r#"{"\u005fplaceholder":true,"\u006eum":7}"#,
        r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":2}"#,
        r#"{"x":"\\","_placeholder":true,"num":7}"#,
    ];
    for placeholder in wrong {
        assert_eq!(
            with(placeholder),
            Err(Malformed::Placeholder),
            "{placeholder}"
        );
    }
    // Without attachments it is a value like any other.
    assert!(read(r#"2["foo",{"_placeholder":true,"num":7}]"#).is_ok());
}

#[test]
fn attachments_come_right_behind_their_text_and_not_else() {
    let text = ByteString::from_static(r#"52-["foo"]"#);
    let some = Bytes::from_static(b"x");

    let mut decoder = Decoder::new(3, 1_000);
    assert_eq!(
        decoder.binary(some.clone()),
        Err(Malformed::UnexpectedBinary)
    );

    let mut decoder = Decoder::new(3, 1_000);
    assert_eq!(decoder.text(&text), Ok(None));
    assert_eq!(decoder.binary(some.clone()), Ok(None));
    assert_eq!(decoder.text(&text), Err(Malformed::UnexpectedText));

    let mut decoder = Decoder::new(3, 1_000);
    assert_eq!(decoder.text(&text), Ok(None));
    assert_eq!(decoder.binary(some.clone()), Ok(None));
    assert!(
        decoder
            .binary(some.clone())
            .is_ok_and(|packet| packet.is_some())
    );
    assert_eq!(decoder.binary(some), Err(Malformed::UnexpectedBinary));
}

#[test]
fn text_and_attachments_are_bounded_all_together() {
    let text = ByteString::from_static(r#"52-["foo"]"#);
    let bytes = |n: usize| Bytes::from(vec![0; n]);

    let mut decoder = Decoder::new(3, text.len() + 5);
    assert_eq!(decoder.text(&text), Ok(None));
    assert_eq!(decoder.binary(bytes(3)), Ok(None));
    assert!(
        decoder
            .binary(bytes(2))
            .is_ok_and(|packet| packet.is_some())
    );

    assert_eq!(decoder.text(&text), Ok(None));
    assert_eq!(decoder.binary(bytes(3)), Ok(None));
    assert_eq!(decoder.binary(bytes(3)), Err(Malformed::TooLarge));

    let mut decoder = Decoder::new(3, text.len() - 1);
    assert_eq!(decoder.text(&text), Err(Malformed::TooLarge));
}

#[test]
fn deep_json_is_no_deep_recursion() {
    let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
    let text = |n: usize| ByteString::from(format!(r#"2["foo",{}]"#, deep(n)));
    let mut decoder = Decoder::new(3, 10_000_000);
    let packet = decoder.text(&text(1_000_000)).unwrap().unwrap();
    let Body::Event { args, .. } = &packet.body else {
        panic!("no event");
    };
    assert_eq!(args.get::<serde_json::Value>(0), None);

    // Where placeholders are looked for, it is refused.
    let text = |n: usize| ByteString::from(format!(r#"51-["foo",{}]"#, deep(n)));
    assert_eq!(decoder.text(&text(1_000_000)), Err(Malformed::Depth));
    assert_eq!(decoder.text(&text(129)), Err(Malformed::Depth));
    assert_eq!(decoder.text(&text(128)), Ok(None));
}

#[test]
fn a_namespace_loses_its_query() {
    let namespace = |text| read(text).map(|packet| packet.namespace.to_string());
    assert_eq!(namespace("0/admin?token=1&x=/y,{}"), Ok("/admin".into()));
    assert_eq!(namespace("0/admin?token=1"), Ok("/admin".into()));
    assert_eq!(namespace("0/?a,"), Ok("/".into()));
    assert_eq!(namespace("0/a/b-c,"), Ok("/a/b-c".into()));
    assert_eq!(namespace("1/admin"), Ok("/admin".into()));
}

#[test]
fn arguments_stay_as_they_were_written() {
    let read = read("2[ \"foo\" , 1.50 , 12345678901234567890123 , { \"b\":1, \"a\":2 } ]");
    let Body::Event { args, .. } = read.unwrap().body else {
        panic!("no event");
    };
    assert_eq!(args.len(), 3);
    assert_eq!(args.json(0), Some("1.50"));
    assert_eq!(args.json(1), Some("12345678901234567890123"));
    assert_eq!(args.json(2), Some(r#"{ "b":1, "a":2 }"#));
    assert_eq!(args.json(3), None);
    assert_eq!(
        args.json_array(),
        r#"[1.50 , 12345678901234567890123 , { "b":1, "a":2 }]"#
    );
    assert_eq!(args.get::<f64>(0), Some(1.5));
    assert_eq!(args.get::<u32>(2), None);
}

#[test]
fn arguments_are_made_of_values() {
    assert_eq!(
        Args::new(&("a", 1, [true])).json_array(),
        r#"["a",1,[true]]"#
    );
    assert_eq!(Args::new(&vec!["a", "b"]).len(), 2);
    assert_eq!(Args::new(&"alone").json_array(), r#"["alone"]"#);
    assert!(Args::new(&()).is_empty());
    assert_eq!(Args::new(&[()]).json_array(), "[null]");
    assert_eq!(Args::default().json_array(), "[]");
    assert_eq!(Args::default(), Args::new::<[u8; 0]>(&[]));
}

#[test]
fn arguments_are_made_of_json_and_attachments() {
    let one = || vec![Bytes::from_static(b"x")];
    let placeholder = r#"[{"_placeholder":true,"num":0}]"#;
    let args = Args::with_attachments(placeholder, one()).unwrap();
    assert_eq!(args.attachments(), one());
    let missing = r#"[{"_placeholder":true,"num":1}]"#;
    let error = Args::with_attachments(missing, one());
    assert_eq!(error, Err(Malformed::Placeholder));
    for wrong in ["", "{}", "1", "[", "[1] 2", "[1,]"] {
        let error = Args::with_attachments(wrong, vec![]);
        assert_eq!(error, Err(Malformed::Payload), "{wrong}");
    }
}
