//! A name server with a synthetic zone, for tests with real secondaries.
//!
//! `zone LISTEN[,LISTEN] NAMES GENERATION [KEY SECRET [NOTIFY…]]` serves `NAMES` names of
//! `zone.test`. The secret is hexadecimal, of hmac-sha256. Each line on stdin changes names: `add N`,
//! `remove N`, or `burst N`, which is N changes one after the other. The address of each listener is printed
//! first, and the generation after each change.
#![expect(
    clippy::print_stdout,
    reason = "the test that starts it reads its output"
)]

use std::error::Error;
use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::sync::watch;
use underpass_model::zone::{Zone, ZoneChange};
use underpass_net::dns::{Options, Secondary, TransferRule, TsigAlgorithm, TsigKey};

const DOMAIN: &str = "zone.test";

fn name(number: u32) -> String {
    format!("privatelink-{number}-pg-1-demo.{DOMAIN}")
}

fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + number)
}

fn zone(names: u32, generation: u64) -> Zone {
    let mut zone = Zone::empty(DOMAIN);
    zone.generation = generation;
    zone.records = (0..names).map(|it| (name(it), address(it))).collect();
    zone
}

fn options(
    mut arguments: impl Iterator<Item = String>,
    listen: &str,
) -> Result<Options, Box<dyn Error>> {
    let listen = listen
        .split(',')
        .map(|it| it.parse::<SocketAddr>().map(Into::into))
        .collect::<Result<Vec<_>, _>>()?;
    let mut options = Options::new(listen, DOMAIN);
    if let (Some(key), Some(secret)) = (arguments.next(), arguments.next()) {
        let secret = decoded(&secret).ok_or("the secret is not hexadecimal")?;
        let key = TsigKey::new(&key, TsigAlgorithm::Sha256, &secret)?;
        options.transfers.push(TransferRule {
            peers: None,
            key: Some(key.clone()),
        });
        options.keys.push(key.clone());
        for secondary in arguments {
            let (addr, key) = (secondary.parse()?, Some(key.clone()));
            options.secondaries.push(Secondary { addr, key });
        }
    } else {
        options.transfers.push(TransferRule::default());
    }
    Ok(options)
}

fn decoded(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("LISTEN NAMES GENERATION");
    let (listen, names, mut generation) = (next()?, next()?.parse()?, next()?.parse()?);
    let service = options(arguments, &listen)?.bind().await?;
    let handle = service.handle();
    handle.publish(zone(names, generation));
    for addr in service.local_addrs() {
        println!("{addr}");
    }
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(service.run(stopped));
    // The server runs on the other threads of the runtime.
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (word, number) = line.split_once(' ').ok_or("WORD NUMBER")?;
        let number: u32 = number.parse()?;
        let mut change = |removed: Vec<u32>, written: Vec<u32>| {
            generation += 1;
            handle.change(ZoneChange {
                generation,
                removed: removed.into_iter().map(name).collect(),
                written: written
                    .into_iter()
                    .map(|it| (name(it), address(it)))
                    .collect(),
                ..ZoneChange::default()
            });
        };
        match word {
            "add" => change(Vec::new(), vec![number]),
            "remove" => change(vec![number], Vec::new()),
            "burst" => (0..number).for_each(|it| change(Vec::new(), vec![1_000_000 + it])),
            _ => return Err(format!("unknown word {word}").into()),
        }
        println!("{generation}");
    }
    drop(stop);
    Ok(server.await?)
}
