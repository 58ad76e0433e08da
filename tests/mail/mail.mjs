// A mail server for tests: node mail.mjs PORT [KEY CERTIFICATE]
// With a key and its certificate (PEM files) it offers STARTTLS and takes nothing in clear text.
// Says "listening PORT" on the first line, then one line of JSON per message that it took; ends when its
// input does. The part of an address before the @ says what becomes of a message: `later-N` is refused
// with 451 N times and then taken, `never` is refused with 550 at RCPT, `full` with 552 after the data.
import { readFileSync } from 'node:fs'
import { SMTPServer } from 'smtp-server'

const tries = new Map()
const refuse = (code, text) => Object.assign(new Error(text), { responseCode: code })

const [key, cert] = process.argv.slice(3).map(file => readFileSync(file))
const tls = key ? { key, cert, authOptional: false } : { authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'] }

const server = new SMTPServer({
  ...tls,
  onAuth({ username, password }, session, done) {
    if (session.secure && username === 'parvis' && password === 'secret') return done(null, { user: username })
    done(refuse(535, '5.7.8 no'))
  },
  disableReverseLookup: true,
  onRcptTo({ address }, session, done) {
    const name = address.split('@')[0]
    const tried = (tries.get(address) ?? 0) + 1
    tries.set(address, tried)
    if (name === 'never') return done(refuse(550, `5.1.1 <${address}> unknown`))
    if (name.startsWith('later-') && tried <= Number(name.slice(6))) return done(refuse(451, `4.7.1 <${address}> come again`))
    done()
  },
  onData(stream, session, done) {
    const parts = []
    stream.on('data', part => parts.push(part))
    stream.on('end', () => {
      const to = session.envelope.rcptTo.map(({ address }) => address)
      if (to[0].startsWith('full@')) return done(refuse(552, '5.2.2 mailbox full'))
      console.log(JSON.stringify({ to, from: session.envelope.mailFrom.address, text: Buffer.concat(parts).toString('latin1') }))
      done()
    })
  },
})
server.on('error', () => {})
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log(`listening ${server.server.address().port}`))
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
