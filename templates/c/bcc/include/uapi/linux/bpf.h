/* Included by bcc's helpers, after bcc's own copy of the file: nothing is left to say. */
#pragma once
