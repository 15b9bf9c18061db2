// vows does not wait for callbacks: what such a test asserts later ends the process. It is counted instead, by its line.
process.on('uncaughtException', (error) => {
  const [, line] = /oauth2tests\.js:(\d+)/.exec(error.stack ?? '') ?? []
  console.log(JSON.stringify({ 0: 'late', 1: { line: Number(line), exception: error.message } }))
})
