/** Shows authorization details; a box stands where the person may leave something out. */
export const authorizationDetails = `<% const rows = (fields) => { %>
<dl>
<% for (const [name, value] of fields) { %><div><dt><%= name %></dt><dd><bdi><%= value %></bdi></dd></div>
<% } %></dl>
<% } %>
<% if (it.details.length > 0) { %>
<ul class="asks">
<% for (const { text, detail, value, fields, choices, more, untold } of it.details) { %>
<li><% if (value !== undefined) { %><label class="box"><input type="checkbox" name="detail" value="<%= value %>" checked> <bdi><%= text %></bdi></label><% } else { %><bdi><%= text %></bdi><% } %><% if (detail) { %><small><%= detail %></small><% } %>
<% if (fields.length) rows(fields); %>
<% if (choices.length) { %>
<div class="boxes" role="group" aria-label="<%= text %>">
<% for (const choice of choices) { %><label class="box"><input type="checkbox" name="detail" value="<%= choice.value %>" checked> <bdi><%= choice.text %></bdi></label>
<% } %></div>
<% } %>
<% if (more.length && !fields.length && !choices.length && more.length <= 20) rows(more); else if (more.length) { %>
<details><summary><%= it.say('everything') %></summary>
<% rows(more); %>
</details>
<% } %>
<% if (untold > 0) { %><small><%= it.say('untold', { count: untold }) %></small><% } %></li>
<% } %>
</ul>
<% } %>`;
