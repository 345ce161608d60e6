package archtest

// Reasons for which a query on what belongs to hosts has no reader whose hosts
// could be limited.
const (
	forWorkers    = "a loop or worker of the product itself, for all hosts; no person's answer comes from it"
	forIngest     = "stores what a host's own agent has reported, under the host that the poller asked"
	forEnrolling  = "compares a request with all hosts; only who may see enrollments, which no scope limits, reads the result"
	chosenBefore  = "acts on a row that the same use case has found under the actor's scope just before"
	forNewRows    = "writes new rows of hosts that the use case has chosen under the actor's scope in this transaction"
	forUserAdmins = "who is in which group, for those who may see or manage all users; which hosts a group has is not read"
	ofChosen      = "a part of the statement of countFacets, which reads chosen hosts; those are chosen under the scope"
	countsOnly    = "answers a number or a position that tells nothing about any host"
)

// scopeExempt lists the functions, package.function or package.Type.method, that
// touch what belongs to hosts and take no hosts.Scope, with the reason. The test
// refuses entries that are not needed.
var scopeExempt = map[string]string{
	"auth.UserFilter.where":  forUserAdmins,
	"auth.addMemberships":    forUserAdmins,
	"auth.groupsOfUser":      "the groups of one user, for that user's own tokens and for those who see all users",
	"auth.listMembers":       forUserAdmins,
	"auth.listUsers":         forUserAdmins,
	"auth.membersOf":         forUserAdmins,
	"auth.readUserRow":       forUserAdmins,
	"auth.removeMemberships": forUserAdmins,
	"auth.showUser":          "the groups of the signed-in user, for themselves",

	"ca.claimRenewals": forWorkers,

	"discovery.placesOf": forWorkers,

	"enrollment.findByKey":     "answers the agent that holds this very key",
	"enrollment.findByPolling": "answers the agent that holds this very polling token",

	"hosts.facetQuery.byNoGroup": ofChosen,
	"hosts.facetQuery.labels":    ofChosen,
	"hosts.byLabel":              "one condition of a filter, which always stands beside that of the scope",
	"hosts.similarHosts":         forEnrolling,
	"hosts.findRegistered":       forEnrolling,
	"hosts.insertRegistered":     "new hosts of an admin; those of their groups are known to the admin's scope",
	"hosts.insertActs":           chosenBefore,
	"hosts.dropLabels":           chosenBefore,
	"hosts.lockAllPolls":         chosenBefore,
	"hosts.lockHosts":            chosenBefore,
	"hosts.makeAllDue":           chosenBefore,
	"hosts.removeHosts":          chosenBefore,
	"hosts.setNotes":             chosenBefore,
	"hosts.mergeLabels":          chosenBefore,
	"hosts.hostLabels":           chosenBefore,
	"hosts.setEditable":          chosenBefore,
	"hosts.claimPolls":           forWorkers,
	"hosts.deleteGroup":          chosenBefore,
	"hosts.deleteMemberships":    chosenBefore,
	"hosts.groupContents":        "reads the group that DeleteGroup has locked under the scope; goes into the audit trail only",
	"hosts.groupsOf":             "all groups of a host that was found under the scope, for the difference that SetHostGroups writes",
	"hosts.heldBy":               chosenBefore,
	"hosts.insertGroup":          "a new group, which has no hosts yet",
	"hosts.insertHost":           forEnrolling,
	"hosts.insertMemberships":    chosenBefore,
	"hosts.insertPolls":          forEnrolling,
	"hosts.lockPolls":            "locks, and reads nothing",
	"hosts.makeDue":              chosenBefore,
	"hosts.poller.health":        forIngest,
	"hosts.poller.inventory":     forIngest,
	"hosts.poller.plainResult":   forIngest,
	"hosts.poller.release":       forWorkers,
	"hosts.queueLocks":           "locks, and reads nothing",
	"hosts.removeHost":           chosenBefore,
	"hosts.reviveHost":           forEnrolling,
	"hosts.setGroup":             chosenBefore,
	"jobs.acceptHost":            forWorkers,
	"jobs.advance":               forWorkers,
	"jobs.cancelledClaims":       forWorkers,
	"jobs.claimHosts":            forWorkers,
	"jobs.countAllHosts":         "says whether an actor sees all hosts of a job; the number itself is never shown",
	"jobs.deletePlans":           forWorkers,
	"jobs.eventsAfter":           "feeds the ring that all connections share; each of them sends the events of visible hosts only",
	"jobs.expireDue":             forWorkers,
	"jobs.failPlan":              forWorkers,
	"jobs.finishHost":            forWorkers,
	"jobs.hostEventsAfter":       "reads one row of job_host that findHost has found under the scope",
	"jobs.insertEvents":          forWorkers,
	"jobs.insertJob":             forNewRows,
	"jobs.insertPlan":            forNewRows,
	"jobs.lastEventID":           countsOnly,
	"jobs.markCancelled":         chosenBefore,
	"jobs.pendingPlan":           forWorkers,
	"jobs.releaseClaims":         forWorkers,
	"jobs.renewClaims":           forWorkers,
	"jobs.requeueHost":           forWorkers,
	"jobs.rootNumber":            "the number of a job's ancestor, for the title of a job on hosts chosen under the scope",
	"jobs.setHeldState":          forWorkers,
	"jobs.setJobState":           forWorkers,
	"jobs.storeFacts":            forWorkers,
	"jobs.storePlan":             forWorkers,
	"jobs.toldCancel":            forWorkers,
	"jobs.unfinishedTallies":     forWorkers,
	"patches.listPatches":        "takes the number of a host, which find gives out only to a reader who has it in scope",
	"patches.listPackages":       "takes the number of a host, which find gives out only to a reader who has it in scope",
	"patches.etags":              forIngest,
	"patches.lockHost":           forIngest,
	"patches.readPackages":       forIngest,
	"patches.readPatches":        forIngest,
	"patches.setPackages":        forIngest,
	"patches.setPatches":         forIngest,
}
