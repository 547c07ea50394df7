// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The script of the page: sorting and filtering, folds that open for what a
 * link names and for paper. Whoever changes it changes its digest:
 * ctest -R test_report_html says which it is.
 */
#include "page.h"

const char kmc_page_script_hash[] = "m1KIDxQNAr4eqLAP9JM/gbtRxXFXTkp/tBK6Gt8zKvI=";

const char kmc_page_script[] =
	"(function(){\"use strict\";var d=document;\n"
	"function all(q,f,at){Array.prototype.forEach.call((at||d).querySelectorAll(q),f);}\n"
	/* folds */
	"function unfold(e){for(;e;e=e.parentElement)if(e.localName===\"details\")e.open=true;}"
	"\n"
	"function reveal(){var id=location.hash.slice(1),e=id?d.getElementById(id):null;\n"
	"if(e){unfold(e);e.scrollIntoView();}}\n"
	"var folded=[];\n"
	"addEventListener(\"beforeprint\",function(){"
	"all(\"details:not([open]):not(.numbers):not(.rest)\",function(e){e.open=true;"
	"folded.push(e);});});\n"
	"addEventListener(\"afterprint\",function(){folded.forEach(function(e){e.open=false;});"
	"folded=[];});\n"
	/* what scrolls can be reached by keyboard, what does not is passed over */
	"function reach(){all(\".wide\",function(e){"
	"if(e.scrollWidth>e.clientWidth)e.tabIndex=0;else e.removeAttribute(\"tabindex\");});}"
	"\n"
	/* sorting */
	"function value(row,i,number){var c=row.cells[i],"
	"t=c.getAttribute(\"data-v\")||c.textContent;return number?Number(t.replace(/,/g,"
	"\"\")):t;}\n"
	"function sorter(table,head,i){var number=head.classList.contains(\"n\"),"
	"b=d.createElement(\"button\");b.type=\"button\";b.textContent=head.textContent;"
	"head.textContent=\"\";head.appendChild(b);\n"
	"b.addEventListener(\"click\",function(){var was=head.getAttribute(\"aria-sort\"),"
	"down=was?was===\"ascending\":number,body=table.tBodies[0];\n"
	"all(\"th[aria-sort]\",function(h){h.removeAttribute(\"aria-sort\");},table);\n"
	"head.setAttribute(\"aria-sort\",down?\"descending\":\"ascending\");\n"
	"Array.prototype.slice.call(body.rows).map(function(r){return[value(r,i,number),r];}"
	").sort(function(a,b){var o=a[0]===b[0]?0:a[0]>b[0]?1:-1;return down?-o:o;}"
	").forEach(function(p){body.appendChild(p[1]);});});}\n"
	"all(\"table.sort\",function(t){if(t.tBodies[0].rows.length>7)all(\"thead th\","
	"function(h,i){sorter(t,h,i);},t);});\n"
	/* filtering */
	"function filter(part,q,what){var items=[],texts=null,wait=0;\n"
	"all(q,function(e){items.push(e);},part);if(items.length>19){\n"
	"var box=d.createElement(\"div\"),input=d.createElement(\"input\"),"
	"said=d.createElement(\"output\");\n"
	"box.className=\"filter\";input.type=\"search\";input.placeholder=\"Filter \"+what;"
	"input.setAttribute(\"aria-label\",\"Filter \"+what);said.className=\"soft\";\n"
	"box.appendChild(input);box.appendChild(said);part.insertBefore(box,part.children[1]);"
	"\n"
	"function apply(){var want=input.value.toLowerCase(),n=0;\n"
	"texts=texts||items.map(function(e){return e.textContent.toLowerCase();});\n"
	"items.forEach(function(e,i){var fits=texts[i].indexOf(want)!==-1;e.hidden=!fits;"
	"if(fits){n++;if(want)unfold(e.parentElement);}});"
	"said.textContent=want?n+\" of \"+items.length:\"\";}\n"
	"input.addEventListener(\"input\",function(){clearTimeout(wait);wait=setTimeout(apply,"
	"150);});}}\n"
	"all(\".rulebook\",function(e){filter(e,\"tbody tr\",\"rules\");});\n"
	"all(\".findings\",function(e){filter(e,\".finding\",\"findings\");});\n"
	"addEventListener(\"hashchange\",reveal);addEventListener(\"resize\",reach);"
	"d.addEventListener(\"toggle\",reach,true);reveal();reach();})();\n";
