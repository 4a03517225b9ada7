// What a page does, with the client that Vert.x gives to browsers. Prints what it hears, a line of JSON each.
const EventBus = require('@vertx/eventbus-bridge-client.js');

const [url, mine, key, others, othersKey] = process.argv.slice(2);
const say = (what, more) => console.log(JSON.stringify({what, ...more}));
const bus = new EventBus(url, {transports: ['websocket']});
const listen = (address, shown) => bus.registerHandler(address, {'X-API-Key': shown}, (error, message) =>
    error ? say('refused', {address, error}) : say('heard', {address, body: message.body}));

bus.onopen = () => {
  listen(mine, key);
  listen(mine.replace('.changed.', '.progress.'), key);
  listen(others, othersKey);
  bus.send('reveille.session.close', {session_id: 'any'}, {'X-API-Key': key});
  bus.publish(mine, {tenant: 'acme', forged: true}, {'X-API-Key': key});
};
bus.onerror = error => say('error', {error});
bus.onclose = () => {
  say('closed');
  process.exit(0);
};
process.stdin.on('end', () => process.exit(0)).resume();
