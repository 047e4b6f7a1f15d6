/** The page at the issuer's address: the service's name, and the documents of a client's developers. */
export const front = `<% layout('@layout') %>
<h1><%= it.title %></h1>
<p><%= it.say('for_developers') %></p>
<ul class="plain">
<% for (const { href, text } of it.documents) { %><li><a href="<%= href %>"><%= text %></a></li>
<% } %></ul>
`;

/** The table of refusals. */
export const refusals = `<% layout('@layout') %>
<h1><%= it.title %></h1>
<p><%= it.intro %></p>
<% for (const { id, wrong, todo, clause, href } of it.refusals) { %>
<section aria-labelledby="<%= id %>">
<h2 id="<%= id %>"><%= id %></h2>
<p>What is wrong: <%= wrong %>.<br>What to do: <%= todo %>.</p>
<p class="note"><a href="<%= href %>"><%= clause %></a></p>
</section>
<% } %>
`;

/** The page at the issuer's address of a development server, with everything a developer needs to begin. */
export const development = `<% layout('@layout') %>
<% const facts = (rows) => { %><dl class="facts">
<% for (const { name, text, href } of rows) { %><div><dt><%= name %></dt><dd><% if (href) { %><a href="<%= href %>"><%= text %></a><% } else { %><bdi><%= text %></bdi><% } %></dd></div>
<% } %></dl><% } %>
<h1><%= it.title %></h1>
<p><%= it.words.intro %></p>
<section aria-labelledby="try">
<h2 id="try"><%= it.words.try %></h2>
<% if (it.tryPath) { %>
<p><%= it.words.try_text %></p>
<form method="post" action="<%= it.tryPath %>"><button id="try_flow" class="primary" type="submit"><%= it.words.try_button %></button></form>
<% } else { %><p><%= it.words.try_not %></p><% } %>
<p class="note"><%= it.words.try_more %></p>
<ul class="plain">
<li><code>npm run demo</code> <%= it.words.try_demo %></li>
<li><code>npm run demo -- --web</code> <%= it.words.try_web %></li>
</ul>
</section>
<section aria-labelledby="runs">
<h2 id="runs"><%= it.words.runs %></h2>
<% facts(it.facts); %>
</section>
<section aria-labelledby="clients">
<h2 id="clients"><%= it.words.clients %></h2>
<% if (it.clients.length) { %><ul class="asks">
<% for (const { client_id, about } of it.clients) { %><li><code><%= client_id %></code><small><%= about %></small></li>
<% } %></ul><% } else { %><p><%= it.words.clients_none %></p><% } %>
<% if (it.more) { %><p class="note"><%= it.more %></p><% } %>
</section>
<section aria-labelledby="connect">
<h2 id="connect"><%= it.words.connect %></h2>
<p><%= it.words.connect_text %></p>
<ul>
<% for (const text of it.connect) { %><li><%= text %></li>
<% } %></ul>
<% if (it.commands.length) { %><p><%= it.words.connect_print %></p>
<% const print = (commands) => { %><ul class="plain">
<% for (const words of commands) { %><li><code><% for (const word of words) { %><span class="word"><%= word %></span> <% } %></code></li>
<% } %></ul><% } %>
<% print(it.commands.slice(0, 2)); %>
<% if (it.commands.length > 2) { %><details><summary><%= it.words.connect_more %></summary>
<% print(it.commands.slice(2)); %>
</details><% } %><% } %>
</section>
<section aria-labelledby="refused">
<h2 id="refused"><%= it.words.refused %></h2>
<% if (it.refused.length) { %><ul class="asks">
<% for (const { at, request, client_id, error, reason, href } of it.refused) { %><li><time datetime="<%= at %>"><%= at.slice(11, 19) %></time> <code><%= request %></code> <% if (href) { %><a href="<%= href %>"><%= error %></a><% } else { %><%= error %><% } %>
<% if (client_id) { %><small><%= client_id %></small><% } %><small><%= reason %></small></li>
<% } %></ul><% } else { %><p><%= it.words.refused_none %></p><% } %>
<p class="note"><a href="<%= it.refusalsHref %>"><%= it.words.refused_all %></a></p>
</section>
<section aria-labelledby="trust">
<h2 id="trust"><%= it.words.trust %></h2>
<p><%= it.trust.text %></p>
<% if (it.trust.facts.length) facts(it.trust.facts); %>
</section>
`;

/** The end of a flow that the front page began. */
export const tried = `<% layout('@layout') %>
<h1><%= it.title %></h1>
<p><%= it.text %></p>
<% if (it.error) { %><div class="alert"><p><%= it.error %></p></div><% } %>
<% for (const { heading, items } of it.told) { %>
<h2><%= heading %></h2>
<ul>
<% for (const text of items) { %><li><%= text %></li>
<% } %></ul>
<% } %>
<form method="post" action="<%= it.tryPath %>"><button id="again" class="primary" type="submit"><%= it.words.again %></button></form>
<p class="note"><a href="<%= it.home %>"><%= it.words.home %></a></p>
`;
